"""Cash on delivery: nothing is called, and staff move the money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backend.api.errors import InvalidInput
from backend.payments.errors import GatewayRefused, InvalidWebhook
from backend.payments.gateways.protocol import Instruction, Outcome, Report
from backend.payments.models import EventKind


@dataclass(frozen=True, slots=True)
class CashOnDelivery:
    """Cash that is collected at delivery (`services.collect`) and that staff pay back."""

    name: ClassVar[str] = "cod"
    is_manual: ClassVar[bool] = True
    captures_in_parts: ClassVar[bool] = True

    def check_options(self, options: Mapping[str, object]) -> None:
        """Refuse every option.

        Raises:
            InvalidInput: there is an option.
        """
        if options:
            raise InvalidInput(payment_options="Cash on delivery has no options.")

    def authorise(self, instruction: Instruction) -> Outcome:
        """Return nothing: the customer pays at delivery."""
        return Outcome()

    def complete(self, instruction: Instruction) -> Outcome:
        """Refuse: there is nothing that the customer could approve.

        Raises:
            GatewayRefused: always.
        """
        raise GatewayRefused("cash is collected at delivery")

    def capture(self, instruction: Instruction) -> Outcome:
        """Refuse: nothing is authorised.

        Raises:
            GatewayRefused: always.
        """
        raise GatewayRefused("cash is collected at delivery")

    def void(self, instruction: Instruction) -> Outcome:
        """Report that nothing is to be collected any more."""
        return Outcome(reports=[_report(instruction, EventKind.VOIDED)])

    def refund(self, instruction: Instruction) -> Outcome:
        """Report the refund, which staff pay out."""
        return Outcome(reports=[_report(instruction, EventKind.REFUNDED)])

    def read_webhook(self, body: bytes, *, headers: Mapping[str, str], now: datetime) -> Sequence[Report]:
        """Refuse: there is no gateway that could send it.

        Raises:
            InvalidWebhook: always.
        """
        raise InvalidWebhook(reason="cash on delivery has no webhooks")


def _report(instruction: Instruction, kind: EventKind) -> Report:
    return Report(
        kind=kind,
        amount=instruction.amount,
        currency=instruction.currency,
        reference=str(instruction.key),
        occurred_at=instruction.now,
        request_id=instruction.key,
    )
