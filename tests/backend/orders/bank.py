"""A payment gateway with a ledger of its own, so that a test can compare the shop's books with the money."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from backend.payments.errors import GatewayRefused, OutcomeUnknown
from backend.payments.gateways.protocol import Instruction, Outcome, Report
from backend.payments.gateways.simulated import (
    Deliver,
    Scenario,
    SimulatedGateway,
    reported,
    scenario_of,
    signed,
)
from backend.payments.models import EventKind, RequestKind

NOTHING = Decimal(0)
FAILURE = {
    RequestKind.AUTHORISE: EventKind.DECLINED,
    RequestKind.COMPLETE: EventKind.DECLINED,
    RequestKind.CAPTURE: EventKind.CAPTURE_FAILED,
    RequestKind.VOID: EventKind.VOID_FAILED,
    RequestKind.REFUND: EventKind.REFUND_FAILED,
}
SUCCESS = {
    RequestKind.CAPTURE: EventKind.CAPTURED,
    RequestKind.VOID: EventKind.VOIDED,
    RequestKind.REFUND: EventKind.REFUNDED,
}


class Fate(StrEnum):
    """What happens to a call, besides what the payment's scenario says."""

    NORMAL = "normal"
    DOWN = "the bank can't be reached"
    LOST = "the bank does it, but its response is lost"
    REFUSED = "the bank refuses it"


@dataclass
class Account:
    """What the bank did for a payment: the amount of each event, by idempotency key."""

    done: dict[UUID, tuple[EventKind, Decimal]] = field(default_factory=dict)

    def total(self, kind: EventKind) -> Decimal:
        return sum((amount for found, amount in self.done.values() if found == kind), NOTHING)

    @property
    def is_voided(self) -> bool:
        return any(kind == EventKind.VOIDED for kind, _ in self.done.values())

    @property
    def open(self) -> Decimal:
        """What is authorised and not captured."""
        if self.is_voided:
            return NOTHING
        return self.total(EventKind.AUTHORISED) - self.total(EventKind.CAPTURED)


@dataclass
class Bank:
    """The test gateway with a ledger: it performs each key once, and only what the ledger allows."""

    inner: SimulatedGateway
    fate: Fate = Fate.NORMAL
    accounts: defaultdict[UUID, Account] = field(default_factory=lambda: defaultdict(Account))
    awaiting: dict[UUID, Instruction] = field(default_factory=dict)
    """The payments that customers have to approve."""
    refused: set[UUID] = field(default_factory=set)
    name: str = "test"
    is_manual: bool = False
    captures_in_parts: bool = True

    def check_options(self, options: Mapping[str, object]) -> None:
        self.inner.check_options(options)

    def authorise(self, instruction: Instruction) -> Outcome:
        return self._called(RequestKind.AUTHORISE, instruction)

    def complete(self, instruction: Instruction) -> Outcome:
        return self._called(RequestKind.COMPLETE, instruction)

    def capture(self, instruction: Instruction) -> Outcome:
        return self._called(RequestKind.CAPTURE, instruction)

    def void(self, instruction: Instruction) -> Outcome:
        return self._called(RequestKind.VOID, instruction)

    def refund(self, instruction: Instruction) -> Outcome:
        return self._called(RequestKind.REFUND, instruction)

    def read_webhook(self, body: bytes, *, headers: Mapping[str, str], now: datetime) -> Sequence[Report]:
        return self.inner.read_webhook(body, headers=headers, now=now)

    def approve(self, payment_id: UUID, *, approved: bool, deliver: Deliver) -> None:
        """Let the customer approve or decline the payment on the bank's page."""
        instruction = self.awaiting[payment_id]
        account = self.accounts[payment_id]
        if account.is_voided or account.total(EventKind.CAPTURED) or account.total(EventKind.AUTHORISED):
            return
        kind = EventKind.DECLINED
        if approved:
            kind = _paid(instruction)
            account.done[instruction.key] = (kind, instruction.amount)
        deliver(signed([reported(instruction, kind)], now=instruction.now), instruction.now - instruction.now)

    def _called(self, kind: RequestKind, instruction: Instruction) -> Outcome:
        account = self.accounts[instruction.payment_id]
        if self.fate == Fate.DOWN:
            raise OutcomeUnknown("the bank can't be reached")
        if instruction.key not in account.done:
            self._check(kind, instruction, account=account)
        outcome = self._done(kind, instruction, account=account)
        if self.fate == Fate.LOST:
            raise OutcomeUnknown("the response was lost")
        return outcome

    def _check(self, kind: RequestKind, instruction: Instruction, *, account: Account) -> None:
        captured = account.total(EventKind.CAPTURED)
        if kind == RequestKind.REFUND:
            left = captured - account.total(EventKind.REFUNDED)
            assert instruction.amount <= left, "no more is refunded than the bank has captured"
        if kind == RequestKind.VOID and captured == instruction.total:
            # Like Stripe: the refusal contains what happened to the payment.
            known = [
                Report(
                    kind=found,
                    amount=amount,
                    currency=instruction.currency,
                    reference=f"test-{key}",
                    occurred_at=instruction.now,
                    payment_id=instruction.payment_id,
                    request_id=key,
                )
                for key, (found, amount) in account.done.items()
                if found == EventKind.CAPTURED
            ]
            raise GatewayRefused("captured", [*known, reported(instruction, EventKind.VOID_FAILED)])
        impossible = {
            RequestKind.AUTHORISE: account.is_voided,
            RequestKind.COMPLETE: account.is_voided,
            RequestKind.CAPTURE: instruction.amount > account.open,
        }
        if self.fate == Fate.REFUSED or instruction.key in self.refused or impossible.get(kind, False):
            # A repeated key gets the first response.
            self.refused.add(instruction.key)
            raise GatewayRefused("refused", [reported(instruction, FAILURE[kind])])

    def _done(self, kind: RequestKind, instruction: Instruction, *, account: Account) -> Outcome:
        performed = (SUCCESS.get(kind) or _paid(instruction), instruction.amount)
        try:
            outcome: Outcome = getattr(self.inner, kind.lower())(instruction)
        except OutcomeUnknown:
            if scenario_of(instruction) == Scenario.TIMEOUT:
                account.done[instruction.key] = performed
            raise
        if any(report.kind == EventKind.ACTION_REQUIRED for report in outcome.reports):
            self.awaiting[instruction.payment_id] = instruction
        else:
            account.done[instruction.key] = performed
        return outcome


def _paid(instruction: Instruction) -> EventKind:
    return EventKind.CAPTURED if instruction.captures_automatically else EventKind.AUTHORISED
