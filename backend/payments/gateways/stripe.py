"""Stripe, by PaymentIntents (https://docs.stripe.com/api/payment_intents).

AUTHORISE creates a PaymentIntent, which the customer confirms with Stripe.js; webhooks report the outcome. A
PaymentIntent can be captured once, which releases the rest, so its id is the reference of its authorisation
and of its capture.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import stripe

from backend.api.errors import InvalidInput
from backend.payments.errors import GatewayRefused, InvalidWebhook, OutcomeUnknown
from backend.payments.gateways.protocol import CALL_SECONDS, CONNECT_SECONDS, Instruction, Outcome, Report
from backend.payments.gateways.stripe_amounts import to_stripe
from backend.payments.gateways.stripe_reports import (
    reports_of_event,
    reports_of_intent,
    reports_of_refund,
)
from backend.payments.models import EventKind

# The SDK's types are those of this version; webhook endpoints must be created with it as well.
API_VERSION = "2026-10-28.endive"
TOLERANCE_SECONDS = 300

_UNKNOWN = (stripe.APIConnectionError, stripe.RateLimitError, stripe.IdempotencyError, stripe.APIError)
"""A response was lost, or the request was not performed yet (too many requests, the key is in use)."""
_MISCONFIGURED = (stripe.AuthenticationError, stripe.PermissionError)
"""The request was not performed; it can succeed once the keys are corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeKeys:
    """The shop's keys; `webhook_secret` belongs to the webhook endpoint."""

    secret: str
    publishable: str
    webhook_secret: str


class StripeGateway:
    """Payments by Stripe."""

    name: ClassVar[str] = "stripe"
    is_manual: ClassVar[bool] = False
    # Only accounts with a special contract can capture several times.
    captures_in_parts: ClassVar[bool] = False

    def __init__(self, keys: StripeKeys, *, url: str) -> None:
        """Store the keys; requests go to `url`."""
        self._keys = keys
        self._client = stripe.StripeClient(
            keys.secret,
            stripe_version=API_VERSION,
            base_addresses={"api": url},
            # Requests are attempted again by the shop, with the same key.
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, CALL_SECONDS)),
        )

    def check_options(self, options: Mapping[str, object]) -> None:
        """Refuse every option.

        Raises:
            InvalidInput: there is an option.
        """
        if options:
            raise InvalidInput(payment_options="Stripe has no options.")

    def authorise(self, instruction: Instruction) -> Outcome:
        """Create the PaymentIntent that the customer confirms with Stripe.js."""
        amount = to_stripe(instruction.amount, currency=instruction.currency)
        intent = _called(
            lambda: self._client.v1.payment_intents.create(
                {
                    "amount": amount,
                    "currency": instruction.currency.lower(),
                    "capture_method": "automatic" if instruction.captures_automatically else "manual",
                    "automatic_payment_methods": {"enabled": True},
                    "metadata": {
                        "payment_id": str(instruction.payment_id),
                        "order_number": instruction.order_number,
                    },
                },
                _options(instruction),
            )
        )
        waiting = _report(
            instruction, EventKind.ACTION_REQUIRED, amount=instruction.amount, reference=intent.id
        )
        return Outcome(
            payment_reference=intent.id,
            reports=[waiting],
            client_data={
                "client_secret": intent.client_secret or "",
                "publishable_key": self._keys.publishable,
            },
        )

    def complete(self, instruction: Instruction) -> Outcome:
        """Refuse: Stripe completes a payment when the customer confirms it.

        Raises:
            GatewayRefused: always.
        """
        raise GatewayRefused("Stripe completes payments by itself")

    def capture(self, instruction: Instruction) -> Outcome:
        """Capture the PaymentIntent; what isn't captured is released."""
        amount = to_stripe(instruction.amount, currency=instruction.currency)
        intent = _called(
            lambda: self._client.v1.payment_intents.capture(
                instruction.payment_reference, {"amount_to_capture": amount}, _options(instruction)
            ),
            now=instruction.now,
        )
        return Outcome(reports=reports_of_intent(intent.to_dict(), occurred_at=instruction.now))

    def void(self, instruction: Instruction) -> Outcome:
        """Cancel the PaymentIntent.

        Raises:
            GatewayRefused: it was captured, as the reports say.
            OutcomeUnknown: the outcome is unknown.
        """
        if not instruction.payment_reference:
            # If it isn't known whether a PaymentIntent was created, no customer has its secret.
            return Outcome(
                reports=[_report(instruction, EventKind.VOIDED, amount=None, reference=str(instruction.key))]
            )
        intent = _called(
            lambda: self._client.v1.payment_intents.cancel(
                instruction.payment_reference, {"cancellation_reason": "abandoned"}, _options(instruction)
            ),
            now=instruction.now,
        )
        return Outcome(reports=reports_of_intent(intent.to_dict(), occurred_at=instruction.now))

    def refund(self, instruction: Instruction) -> Outcome:
        """Refund a part or all of the captured amount."""
        amount = to_stripe(instruction.amount, currency=instruction.currency)
        refund = _called(
            lambda: self._client.v1.refunds.create(
                {
                    "payment_intent": instruction.payment_reference,
                    "amount": amount,
                    "metadata": {
                        "payment_id": str(instruction.payment_id),
                        "request_id": str(instruction.key),
                    },
                },
                _options(instruction),
            )
        )
        reports = reports_of_refund(refund.to_dict(), occurred_at=instruction.now)
        if any(report.kind == EventKind.REFUND_FAILED for report in reports):
            raise GatewayRefused("the refund failed", reports)
        return Outcome(reports=reports, pending=not reports)

    def read_webhook(self, body: bytes, *, headers: Mapping[str, str], now: datetime) -> Sequence[Report]:
        """Return what the event reports.

        Raises:
            InvalidWebhook: the signature is invalid or too old, or the body can't be read.
        """
        try:
            stripe.WebhookSignature.verify_header(
                body,
                headers.get("Stripe-Signature", ""),
                self._keys.webhook_secret,
                tolerance=TOLERANCE_SECONDS,
            )
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
            raise InvalidWebhook(reason="the signature is invalid or too old") from error
        try:
            return reports_of_event(json.loads(body))
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise InvalidWebhook(reason="the event can't be read") from error


def _options(instruction: Instruction) -> stripe.RequestOptions:
    return {"idempotency_key": str(instruction.key)}


def _called(call: Callable[[], Any], *, now: datetime | None = None) -> Any:
    """Return what `call` returns.

    Raises:
        GatewayRefused: Stripe refused it; if the error contains the PaymentIntent, with what follows from it.
        OutcomeUnknown: the outcome is unknown.
    """
    try:
        return call()
    except _MISCONFIGURED as error:
        raise OutcomeUnknown(f"Stripe refuses the shop's key: {_reason(error)}") from error
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        raise GatewayRefused(_reason(error), _reports_of_error(error, now=now)) from error
    except _UNKNOWN as error:
        raise OutcomeUnknown(_reason(error)) from error


def _reason(error: stripe.StripeError) -> str:
    return f"{error.code or type(error).__name__}: {error.user_message or error}"[:300]


def _reports_of_error(error: stripe.StripeError, *, now: datetime | None) -> list[Report]:
    """Return what follows from the PaymentIntent in the error of a request that came too late."""
    body = error.json_body if isinstance(error.json_body, dict) else {}
    intent = body.get("error", {}).get("payment_intent")
    return reports_of_intent(intent, occurred_at=now) if intent and now is not None else []


def _report(instruction: Instruction, kind: EventKind, *, amount: Decimal | None, reference: str) -> Report:
    return Report(
        kind=kind,
        amount=amount,
        currency=instruction.currency,
        reference=reference,
        occurred_at=instruction.now,
        payment_id=instruction.payment_id,
    )
