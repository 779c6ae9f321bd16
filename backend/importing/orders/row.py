"""Orders and returns that a reader found in a file, with the file's ids of products and customers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from backend.importing.headers import Header
from backend.importing.outcomes import Refused
from backend.orders.bulk import Charge


@dataclass(frozen=True, slots=True)
class SoldLine:
    """Units of a variant, and the unit price."""

    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order, made of `rows` rows of the file; of a guest if `customer` is empty.

    `refused` and `context` are empty: its refused rows are yielded on their own.
    """

    reference: str
    placed_at: datetime
    currency: str
    customer: str
    country: str
    lines: tuple[SoldLine, ...]
    charges: tuple[Charge, ...] = ()
    rows: int = 1
    refused: tuple[Refused, ...] = ()
    context: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """Returned units without a known order, for `amount` in total; `quantity` is positive."""

    reference: str
    occurred_at: datetime
    currency: str
    customer: str
    sku: str
    quantity: int
    amount: Decimal
    country: str = ""
    rows: int = 1
    refused: tuple[Refused, ...] = ()
    context: tuple[Refused, ...] = ()


Outcome = OrderRow | ReturnRow | Refused
Outcomes = Iterator[Outcome]


class Read(Protocol):
    """Reads the orders and returns of a file, and the rows that are refused."""

    def __call__(self, path: Path) -> Outcomes:
        """Yield them. Raises UnreadableFile if the whole file can't be read."""


class Skus(Protocol):
    """Reads the SKUs of the products in a file."""

    def __call__(self, path: Path) -> set[str]:
        """Return every SKU that was sold or returned."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files of past orders; their products come from a catalogue of the same source."""

    header: Header
    read: Read
    skus: Skus
