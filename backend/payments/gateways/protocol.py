"""The interface of a payment gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from backend.payments.models import EventKind

# A network call must end well before the lease of its request.
CONNECT_SECONDS = 3.0
CALL_SECONDS = 10.0
# What the columns of amounts can hold.
MAX_AMOUNT = Decimal(10) ** 12
SMALLEST_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What a gateway is asked to do; `key` is the idempotency key, the same for every attempt.

    `amount` is that of the request, `total` that of the payment, of which `captured` is known to be captured.
    `payment_reference` is the gateway's id of the payment, `target` that of the authorisation (to capture or
    void) or of the capture (to refund); both are empty if there is none.
    """

    key: UUID
    attempt: int
    payment_id: UUID
    order_number: str
    currency: str
    amount: Decimal
    total: Decimal
    captured: Decimal
    captures_automatically: bool
    payment_reference: str
    target: str
    reason: str
    options: Mapping[str, object]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a gateway reports about a payment, which is identified by our id or by the gateway's.

    An `amount` of None is the whole amount of the payment. `reference` is the gateway's id of the
    authorisation, capture, refund or attempt. `request_id` is the request that caused it, if that is known.
    `related_reference` is the reference of an earlier event of the payment, such as of a refund's capture.
    """

    kind: EventKind
    amount: Decimal | None
    currency: str
    reference: str
    occurred_at: datetime
    payment_id: UUID | None = None
    payment_reference: str = ""
    request_id: UUID | None = None
    related_reference: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        """Refuse what can't be stored.

        Raises:
            ValueError: the amount doesn't fit its column, or a text is not a string or has a null character.
        """
        if self.amount is not None and not _is_storable(self.amount):
            raise ValueError(f"{self.amount} is not an amount")
        texts: tuple[object, ...] = (
            self.currency,
            self.reference,
            self.payment_reference,
            self.related_reference,
            self.message,
        )
        if any(not isinstance(text, str) or "\x00" in text for text in texts):
            raise ValueError("a text can't be stored")


def _is_storable(amount: Decimal) -> bool:
    return amount.is_finite() and 0 <= amount < MAX_AMOUNT and amount == amount.quantize(SMALLEST_STEP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a request that was not refused.

    If `pending`, the gateway will report the outcome in a webhook. `payment_reference` is the gateway's id of
    a payment that it created. `client_data` is what a storefront needs to let the customer pay.
    """

    reports: Sequence[Report] = ()
    payment_reference: str = ""
    client_data: Mapping[str, str] = field(default_factory=dict)
    pending: bool = False


class Gateway(Protocol):
    """Moves money. Calls end within CALL_SECONDS, and a repeated `key` is performed once.

    Every method that moves money raises GatewayRefused if the gateway definitely did nothing, and
    OutcomeUnknown if it may have done it or can't be reached.
    """

    @property
    def name(self) -> str:
        """The name in settings, rows and the webhook's URL."""

    @property
    def is_manual(self) -> bool:
        """Whether staff move the money, so that requests are carried out when they are written."""

    @property
    def captures_in_parts(self) -> bool:
        """Whether an authorisation can be captured several times."""

    def check_options(self, options: Mapping[str, object]) -> None:
        """Refuse options that the gateway doesn't know.

        Raises:
            InvalidInput: an option is unknown or invalid.
        """

    def authorise(self, instruction: Instruction) -> Outcome:
        """Begin the payment: authorise or capture it, or return what the customer has to do."""

    def complete(self, instruction: Instruction) -> Outcome:
        """Authorise or capture a payment that the customer approved."""

    def capture(self, instruction: Instruction) -> Outcome:
        """Capture a part or all of what is authorised."""

    def void(self, instruction: Instruction) -> Outcome:
        """Release what is authorised, and prevent the customer from paying."""

    def refund(self, instruction: Instruction) -> Outcome:
        """Return a part or all of what was captured."""

    def read_webhook(self, body: bytes, *, headers: Mapping[str, str], now: datetime) -> Sequence[Report]:
        """Return what the webhook reports; nothing for events that don't concern us.

        Raises:
            InvalidWebhook: the signature is invalid or too old, or the body can't be read.
            OutcomeUnknown: the signature can't be checked at the moment.
        """
