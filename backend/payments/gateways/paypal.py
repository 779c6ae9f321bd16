"""PayPal, by its Orders and Payments APIs (https://developer.paypal.com/api/orders/v2/).

AUTHORISE creates an order, which the customer approves on PayPal's page. A webhook reports that; COMPLETE
then captures or authorises the order.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from backend.api import money
from backend.api.errors import InvalidInput
from backend.payments.errors import GatewayRefused, InvalidWebhook
from backend.payments.gateways import paypal_reports
from backend.payments.gateways.paypal_client import LIVE_URL, PayPalClient, PayPalKeys, PayPalRefused
from backend.payments.gateways.paypal_signatures import SignatureCheck
from backend.payments.gateways.protocol import Instruction, Outcome, Report
from backend.payments.models import EventKind

# PayPal takes no decimals in these, although ISO 4217 has two places for the last two.
_WITHOUT_DECIMALS = frozenset({"JPY", "HUF", "TWD"})
_ALREADY_DONE = frozenset({"ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_AUTHORIZED"})
_ALREADY_VOIDED = frozenset({"PREVIOUSLY_VOIDED", "AUTHORIZATION_VOIDED"})


class PayPalGateway:
    """Payments by PayPal."""

    name: ClassVar[str] = "paypal"
    is_manual: ClassVar[bool] = False

    def __init__(
        self, keys: PayPalKeys, *, return_url: str, captures_in_parts: bool = False, url: str = LIVE_URL
    ) -> None:
        """Store the keys; customers return to `return_url`, and requests go to `url`.

        `captures_in_parts` says whether the account may capture an authorisation several times.
        """
        self.captures_in_parts = captures_in_parts
        self._client = PayPalClient(keys, url=url)
        self._return_url = return_url
        self._signatures = SignatureCheck(webhook_id=keys.webhook_id, url=url, download=self._client.download)

    def close(self) -> None:
        """Close the connections to PayPal."""
        self._client.close()

    def check_options(self, options: Mapping[str, object]) -> None:
        """Refuse every option.

        Raises:
            InvalidInput: there is an option.
        """
        if options:
            raise InvalidInput(payment_options="PayPal has no options.")

    def authorise(self, instruction: Instruction) -> Outcome:
        """Create the order that the customer approves on PayPal's page."""
        order = self._client.post("/v2/checkout/orders", self._order(instruction), key=instruction.key)
        waiting = Report(
            kind=EventKind.ACTION_REQUIRED,
            amount=instruction.amount,
            currency=instruction.currency,
            reference=order["id"],
            occurred_at=instruction.now,
            payment_id=instruction.payment_id,
        )
        return Outcome(
            payment_reference=order["id"],
            reports=[waiting],
            client_data={"order_id": order["id"], "approve_url": _approve_url(order)},
        )

    def _order(self, instruction: Instruction) -> dict[str, Any]:
        context = {
            "return_url": self._return_url,
            "cancel_url": self._return_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
        unit = {
            "custom_id": str(instruction.payment_id),
            "description": f"Order {instruction.order_number}",
            "amount": _amount(instruction),
        }
        return {
            "intent": "CAPTURE" if instruction.captures_automatically else "AUTHORIZE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": context}},
        }

    def complete(self, instruction: Instruction) -> Outcome:
        """Capture or authorise the order that the customer approved."""
        path = f"/v2/checkout/orders/{instruction.payment_reference}"
        verb = "capture" if instruction.captures_automatically else "authorize"
        try:
            order = self._client.post(f"{path}/{verb}", {}, key=instruction.key)
        except PayPalRefused as refusal:
            if refusal.issue not in _ALREADY_DONE:
                raise
            order = self._client.get(path)
        reports = list(paypal_reports.of_order(order, occurred_at=instruction.now))
        if any(report.kind == EventKind.DECLINED for report in reports):
            raise GatewayRefused("declined", reports)
        return Outcome(reports=reports, pending=not reports)

    def capture(self, instruction: Instruction) -> Outcome:
        """Capture a part or all of the authorisation."""
        capture = self._client.post(
            f"/v2/payments/authorizations/{instruction.target}/capture",
            {"amount": _amount(instruction)},
            key=instruction.key,
        )
        reports = list(paypal_reports.of_capture(capture, occurred_at=instruction.now))
        if any(report.kind == EventKind.DECLINED for report in reports):
            raise GatewayRefused("the capture was declined")
        return Outcome(reports=reports, pending=not reports)

    def void(self, instruction: Instruction) -> Outcome:
        """Void the authorisation; an order without one is left as it is, and never completed.

        Raises:
            GatewayRefused: the order was captured, as the reports say.
            OutcomeUnknown: the outcome is unknown.
        """
        reports: list[Report] = []
        target = instruction.target
        if not target and instruction.payment_reference:
            order = self._client.get(f"/v2/checkout/orders/{instruction.payment_reference}")
            reports = list(paypal_reports.of_order(order, occurred_at=instruction.now))
            if any(report.kind == EventKind.CAPTURED for report in reports):
                raise GatewayRefused("the order was captured", reports)
            target = next((each.reference for each in reports if each.kind == EventKind.AUTHORISED), "")
        if target:
            self._void_authorisation(target, instruction=instruction)
        return Outcome(reports=[*reports, _voided(instruction, reference=target or str(instruction.key))])

    def _void_authorisation(self, target: str, *, instruction: Instruction) -> None:
        try:
            self._client.post(f"/v2/payments/authorizations/{target}/void", {}, key=instruction.key)
        except PayPalRefused as refusal:
            if refusal.issue not in _ALREADY_VOIDED:
                raise

    def refund(self, instruction: Instruction) -> Outcome:
        """Refund a part or all of a capture."""
        refund = self._client.post(
            f"/v2/payments/captures/{instruction.target}/refund",
            {"amount": _amount(instruction), "custom_id": str(instruction.key)},
            key=instruction.key,
        )
        reports = list(paypal_reports.of_refund(refund, occurred_at=instruction.now))
        if any(report.kind == EventKind.REFUND_FAILED for report in reports):
            raise GatewayRefused("the refund failed", reports)
        return Outcome(reports=reports, pending=not reports)

    def read_webhook(self, body: bytes, *, headers: Mapping[str, str], now: datetime) -> Sequence[Report]:
        """Return what the event reports.

        Raises:
            InvalidWebhook: the signature is invalid, or the body can't be read.
            OutcomeUnknown: PayPal's certificate can't be downloaded.
        """
        self._signatures.require(body, headers=headers, now=now)
        try:
            return list(paypal_reports.of_event(json.loads(body)))
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise InvalidWebhook(reason="the event can't be read") from error


def _approve_url(order: Mapping[str, Any]) -> str:
    links = {link["rel"]: link["href"] for link in order.get("links", [])}
    return str(links.get("payer-action") or links.get("approve") or "")


def _amount(instruction: Instruction) -> dict[str, str]:
    """Return the amount as PayPal expects it.

    Raises:
        GatewayRefused: PayPal takes no decimals in this currency.
    """
    amount, currency = instruction.amount, instruction.currency
    if currency in _WITHOUT_DECIMALS and amount != amount.to_integral_value():
        raise GatewayRefused(f"PayPal can't charge {amount} {currency}")
    places = Decimal(1) if currency in _WITHOUT_DECIMALS else money.quantum(currency)
    return {"currency_code": currency, "value": f"{amount.quantize(places):f}"}


def _voided(instruction: Instruction, *, reference: str) -> Report:
    return Report(
        kind=EventKind.VOIDED,
        amount=None,
        currency=instruction.currency,
        reference=reference,
        occurred_at=instruction.now,
        payment_id=instruction.payment_id,
    )
