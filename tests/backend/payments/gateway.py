"""A gateway that records its calls and whose outcomes a test can replace, and payments made with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from backend.payments import gateways
from backend.payments.gateways.protocol import Instruction, Outcome, Report
from backend.payments.gateways.simulated import SimulatedGateway, Webhook
from backend.payments.models import Payment, PaymentRequest
from backend.payments.performing import due, perform
from backend.payments.services import new_payment
from backend.payments.webhooks import receive
from tests.backend.shop import NOW


@dataclass
class RecordingGateway:
    """Records every call and passes it to the simulated gateway; a test can set `before` or `instead`."""

    inner: SimulatedGateway
    calls: list[tuple[str, Instruction]] = field(default_factory=list)
    before: Callable[[Instruction], None] = lambda instruction: None
    instead: Callable[[Instruction], Outcome] | None = None
    name: str = "test"
    is_manual: bool = False
    captures_in_parts: bool = True

    def check_options(self, options: Mapping[str, object]) -> None:
        self.inner.check_options(options)

    def authorise(self, instruction: Instruction) -> Outcome:
        return self._called("authorise", instruction)

    def complete(self, instruction: Instruction) -> Outcome:
        return self._called("complete", instruction)

    def capture(self, instruction: Instruction) -> Outcome:
        return self._called("capture", instruction)

    def void(self, instruction: Instruction) -> Outcome:
        return self._called("void", instruction)

    def refund(self, instruction: Instruction) -> Outcome:
        return self._called("refund", instruction)

    def read_webhook(self, body: bytes, *, headers: Mapping[str, str], now: datetime) -> Sequence[Report]:
        return self.inner.read_webhook(body, headers=headers, now=now)

    def _called(self, name: str, instruction: Instruction) -> Outcome:
        assert not connection.in_atomic_block, "a gateway is never called inside a transaction"
        self.calls.append((name, instruction))
        self.before(instruction)
        if self.instead is not None:
            return self.instead(instruction)
        outcome: Outcome = getattr(self.inner, name)(instruction)
        return outcome

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


@contextmanager
def recording() -> Iterator[tuple[RecordingGateway, list[tuple[Webhook, timedelta]]]]:
    """Replace the test gateway; yield it, and the webhooks that it delivers later."""
    later: list[tuple[Webhook, timedelta]] = []

    def deliver(webhook: Webhook, after: timedelta) -> None:
        if after:
            later.append((webhook, after))
        else:
            send(webhook)

    gateway = RecordingGateway(SimulatedGateway(deliver))
    before = gateways.replace("test", gateway)
    try:
        yield gateway, later
    finally:
        gateways.replace("test", before or SimulatedGateway(deliver))


def send(webhook: Webhook, *, now: datetime = NOW) -> int:
    return receive("test", body=webhook.body, headers=webhook.headers, now=now)


def payment(amount: str = "100.00", *, gateway: str = "test", now: datetime = NOW, **fields: Any) -> Payment:
    """Return a stored payment; its request is not performed."""
    given = {"order_number": "A-1", "currency": "USD", "expires_at": now + timedelta(hours=1), **fields}
    with transaction.atomic():
        return new_payment(gateway=gateway, amount=Decimal(amount), now=now, **given).save()


def perform_due(now: datetime = NOW) -> list[str | None]:
    """Perform all requests that are due, as the sweep does, until none is left; return their states."""
    states: list[str | None] = []
    while ids := due(now=now, limit=100):
        done = [perform(request_id, clock=lambda: now) for request_id in ids]
        states += done
        if not any(done):
            break
    return states


def paid(amount: str = "100.00", *, gateway: str = "test", **fields: Any) -> Payment:
    """Return a payment whose first request was performed."""
    made = payment(amount, gateway=gateway, **fields)
    perform_due()
    made.refresh_from_db()
    return made


def request_of(made: Payment, kind: str) -> PaymentRequest:
    return made.requests.get(kind=kind)


def figures(made: Payment) -> tuple[str, int, int, int]:
    """Return the stored status and sums."""
    row = Payment.objects.get(pk=made.pk)
    return row.status, int(row.authorised), int(row.captured), int(row.refunded)
