"""A gateway that moves no money, for development, demonstrations and tests.

The option `scenario` chooses what it does, or else the last two digits of the amount (in minor units):

    ends in   scenario      what happens
    02        decline       the payment is declined
    03        action        the customer has to approve it, with what `client_data` contains
    04        refuse        later requests (capture, void, refund) are refused
    05        timeout       each request is performed, but its first response is lost
    06        unavailable   no request ever gets a response
    07        delayed       requests are accepted, and reported a minute later
    08        duplicate     webhooks report everything again, twice
    09        early         webhooks report everything before the response, in the reverse order
    10        lying         a webhook reports another amount
    others    approve       requests succeed at once
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from django.utils.crypto import salted_hmac

from backend.api import money
from backend.api.errors import InvalidInput
from backend.payments.errors import GatewayRefused, InvalidWebhook, OutcomeUnknown
from backend.payments.gateways.protocol import Instruction, Outcome, Report
from backend.payments.models import EventKind

SIGNATURE_HEADER = "Test-Signature"
# As long as a customer may take to approve a payment.
TOLERANCE = timedelta(days=1)
DELAY = timedelta(minutes=1)


class Scenario(StrEnum):
    """What the gateway does; see the module's docstring."""

    APPROVE = "approve"
    DECLINE = "decline"
    ACTION = "action"
    REFUSE = "refuse"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    DELAYED = "delayed"
    DUPLICATE = "duplicate"
    EARLY = "early"
    LYING = "lying"


_BY_ENDING = {
    2: Scenario.DECLINE,
    3: Scenario.ACTION,
    4: Scenario.REFUSE,
    5: Scenario.TIMEOUT,
    6: Scenario.UNAVAILABLE,
    7: Scenario.DELAYED,
    8: Scenario.DUPLICATE,
    9: Scenario.EARLY,
    10: Scenario.LYING,
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """A signed webhook."""

    body: bytes
    headers: Mapping[str, str]


Deliver = Callable[[Webhook, timedelta], None]


@dataclass(frozen=True, slots=True)
class SimulatedGateway:
    """A gateway without money; `deliver` delivers a webhook after a time."""

    deliver: Deliver
    name: ClassVar[str] = "test"
    is_manual: ClassVar[bool] = False
    captures_in_parts: ClassVar[bool] = True

    def check_options(self, options: Mapping[str, object]) -> None:
        """Refuse every option but a known `scenario`.

        Raises:
            InvalidInput: an option is unknown or invalid.
        """
        if set(options) - {"scenario"}:
            raise InvalidInput(payment_options="The test gateway has only the option scenario.")
        if options and options["scenario"] not in list(Scenario):
            raise InvalidInput(payment_options=f"scenario must be one of {', '.join(Scenario)}.")

    def authorise(self, instruction: Instruction) -> Outcome:
        """Authorise or capture the payment as the scenario says."""
        scenario = scenario_of(instruction)
        if scenario == Scenario.DECLINE:
            raise GatewayRefused("declined", [reported(instruction, EventKind.DECLINED)])
        if scenario == Scenario.ACTION:
            return Outcome(
                payment_reference=_payment_reference(instruction),
                reports=[reported(instruction, EventKind.ACTION_REQUIRED)],
                client_data=_choices(instruction),
            )
        return self._done(instruction, _paid(instruction))

    def complete(self, instruction: Instruction) -> Outcome:
        """Authorise or capture the payment that the customer approved."""
        return self._done(instruction, _paid(instruction))

    def capture(self, instruction: Instruction) -> Outcome:
        """Capture the amount."""
        return self._done(instruction, EventKind.CAPTURED, failure=EventKind.CAPTURE_FAILED)

    def void(self, instruction: Instruction) -> Outcome:
        """Release the authorisation.

        Raises:
            GatewayRefused: the payment is captured in full.
            OutcomeUnknown: the scenario says so.
        """
        if instruction.captured == instruction.total:
            raise GatewayRefused("the payment is captured")
        return self._done(instruction, EventKind.VOIDED, failure=EventKind.VOID_FAILED)

    def refund(self, instruction: Instruction) -> Outcome:
        """Refund the amount."""
        return self._done(instruction, EventKind.REFUNDED, failure=EventKind.REFUND_FAILED)

    def read_webhook(self, body: bytes, *, headers: Mapping[str, str], now: datetime) -> Sequence[Report]:
        """Return what the webhook reports.

        Raises:
            InvalidWebhook: the signature is invalid or too old, or the body can't be read.
        """
        _require_signature(body, signature=headers.get(SIGNATURE_HEADER, ""), now=now)
        try:
            return [_parsed(each) for each in json.loads(body)["reports"]]
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise InvalidWebhook(reason="the body can't be read") from error

    def _done(
        self, instruction: Instruction, kind: EventKind, *, failure: EventKind | None = None
    ) -> Outcome:
        scenario = scenario_of(instruction)
        report = reported(instruction, kind)
        if scenario == Scenario.REFUSE and failure is not None:
            raise GatewayRefused("refused", [reported(instruction, failure)])
        if scenario == Scenario.UNAVAILABLE:
            raise OutcomeUnknown("the test gateway is unavailable")
        if scenario == Scenario.TIMEOUT and instruction.attempt == 1:
            raise OutcomeUnknown("the response of the test gateway was lost")
        outcome = Outcome(reports=[report], payment_reference=_payment_reference(instruction))
        if scenario == Scenario.DELAYED:
            self.deliver(signed([report], now=instruction.now), DELAY)
            return Outcome(payment_reference=outcome.payment_reference, pending=True)
        for webhook in _webhooks(scenario, report=report, now=instruction.now):
            self.deliver(webhook, timedelta(0))
        return outcome


def scenario_of(instruction: Instruction) -> Scenario:
    """Return the scenario that the options name, or else the one of the payment's amount."""
    if (chosen := instruction.options.get("scenario")) is not None:
        return Scenario(str(chosen))
    minor_units = int(instruction.total.scaleb(money.exponent(instruction.currency)))
    return _BY_ENDING.get(minor_units % 100, Scenario.APPROVE)


def signed(reports: Sequence[Report], *, now: datetime) -> Webhook:
    """Return the signed webhook with these reports."""
    body = json.dumps({"reports": [_written(report) for report in reports]}).encode()
    return Webhook(body, {SIGNATURE_HEADER: f"t={int(now.timestamp())},v1={signature_of(body, now=now)}"})


def _webhooks(scenario: Scenario, *, report: Report, now: datetime) -> list[Webhook]:
    if scenario == Scenario.DUPLICATE:
        return [signed([report], now=now), signed([report, report], now=now)]
    if scenario == Scenario.EARLY:
        authorised = _with(report, kind=EventKind.AUTHORISED, amount=None)
        return [signed([report], now=now), signed([authorised], now=now)]
    if scenario == Scenario.LYING:
        other = (report.amount or Decimal(0)) * 2
        return [signed([_with(report, kind=report.kind, amount=other)], now=now)]
    return []


def _with(report: Report, *, kind: EventKind, amount: Decimal | None) -> Report:
    return Report(
        kind=kind,
        amount=amount,
        currency=report.currency,
        reference=report.reference if kind == report.kind else f"{report.reference}-{kind.lower()}",
        occurred_at=report.occurred_at,
        payment_id=report.payment_id,
    )


def _paid(instruction: Instruction) -> EventKind:
    return EventKind.CAPTURED if instruction.captures_automatically else EventKind.AUTHORISED


def _payment_reference(instruction: Instruction) -> str:
    return f"test-{instruction.payment_id}"


def reported(instruction: Instruction, kind: EventKind) -> Report:
    """Return the report that the instruction was carried out as `kind`."""
    return Report(
        kind=kind,
        amount=instruction.amount,
        currency=instruction.currency,
        reference=f"test-{instruction.key}",
        # The same for every attempt, as a gateway repeats its first response.
        occurred_at=instruction.now,
        payment_id=instruction.payment_id,
        request_id=instruction.key,
    )


def _choices(instruction: Instruction) -> dict[str, str]:
    """Return the webhooks by which the customer approves or declines the payment."""
    choices = {"url": "/api/payments/webhooks/test/", "header": SIGNATURE_HEADER}
    for name, kind in (("approve", _paid(instruction)), ("decline", EventKind.DECLINED)):
        webhook = signed([reported(instruction, kind)], now=instruction.now)
        choices[f"{name}_body"] = webhook.body.decode()
        choices[f"{name}_signature"] = webhook.headers[SIGNATURE_HEADER]
    return choices


def _written(report: Report) -> dict[str, str | None]:
    return {
        "kind": report.kind,
        "amount": None if report.amount is None else str(report.amount),
        "currency": report.currency,
        "reference": report.reference,
        "occurred_at": report.occurred_at.isoformat(),
        "payment_id": None if report.payment_id is None else str(report.payment_id),
        "request_id": None if report.request_id is None else str(report.request_id),
    }


def _parsed(report: Mapping[str, str | None]) -> Report:
    amount, payment_id, request_id = report["amount"], report["payment_id"], report["request_id"]
    return Report(
        kind=EventKind(str(report["kind"])),
        amount=None if amount is None else Decimal(amount),
        currency=str(report["currency"]),
        reference=str(report["reference"]),
        occurred_at=datetime.fromisoformat(str(report["occurred_at"])),
        payment_id=None if payment_id is None else UUID(payment_id),
        request_id=None if request_id is None else UUID(request_id),
    )


def signature_of(body: bytes, *, now: datetime) -> str:
    """Return the signature of a body that is sent at the time `now`."""
    key = salted_hmac("payments.test", "webhooks", algorithm="sha256").digest()
    return hmac.new(key, f"{int(now.timestamp())}.".encode() + body, hashlib.sha256).hexdigest()


def _require_signature(body: bytes, *, signature: str, now: datetime) -> None:
    fields = dict(part.partition("=")[::2] for part in signature.split(","))
    sent = fields.get("t", "")
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 10):
        raise InvalidWebhook(reason="there is no signature")
    sent_at = datetime.fromtimestamp(int(sent), UTC)
    if not hmac.compare_digest(fields.get("v1", "").encode(), signature_of(body, now=sent_at).encode()):
        raise InvalidWebhook(reason="the signature is invalid")
    if abs(now - sent_at) > TOLERANCE:
        raise InvalidWebhook(reason="the signature is too old")
