"""What a reader makes of orders and returns in a file; products and customers still by their names there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from backend.importing.files import Header
from backend.importing.outcomes import Refused
from backend.orders.bulk import Charge


@dataclass(frozen=True, slots=True)
class SoldLine:
    """So many units of a variant at a price each."""

    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order that the file describes in `rows` rows; of a guest where `customer` is empty."""

    reference: str
    placed_at: datetime
    currency: str
    customer: str
    country: str
    lines: tuple[SoldLine, ...]
    charges: tuple[Charge, ...] = ()
    rows: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """Units that came back for `amount` altogether, without an order; `quantity` is positive."""

    reference: str
    occurred_at: datetime
    currency: str
    customer: str
    sku: str
    quantity: int
    amount: Decimal
    rows: int = 1


Outcome = OrderRow | ReturnRow | Refused


class Read(Protocol):
    """A reader: yields the orders and returns of a file, and the rows that are neither."""

    def __call__(self, path: Path) -> Iterator[Outcome]:
        """Yield them; raise UnreadableFile where the file as a whole can't be taken."""


class Skus(Protocol):
    """Tells which products a file is about."""

    def __call__(self, path: Path) -> set[str]:
        """Return every SKU that the file sells or takes back."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file of orders; its products come from a catalogue of the same source."""

    header: Header
    read: Read
    skus: Skus
