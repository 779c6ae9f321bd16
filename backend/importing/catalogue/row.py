"""A product that a reader found in a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from backend.catalog.bulk import ImportedProduct
from backend.importing.headers import Header
from backend.importing.outcomes import Refused

LONGEST_TITLE = 300
LONGEST_NAME = 120
LONGEST_PATH = 1_000
LONGEST_URL = 500
UNCATEGORISED = ("Uncategorised",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRow:
    """A product, made of `rows` rows of the file, the first of them `row` at `line`.

    `further` are the other rows with their lines, which are stored if the product is refused. `stock` is the
    number of units by SKU, if the file has it, and `stock_at` the time at which they were counted, if the
    file has that; `remarks` name what could not be imported.
    """

    product: ImportedProduct
    line: int
    row: tuple[str, ...]
    further: tuple[tuple[int, tuple[str, ...]], ...] = ()
    rows: int = 1
    stock: Mapping[str, int] = field(default_factory=dict)
    stock_at: Mapping[str, datetime] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


Outcomes = Iterator[CatalogRow | Refused]


class Read(Protocol):
    """Reads the products of a file, and the rows that are refused."""

    def __call__(self, path: Path) -> Outcomes:
        """Yield them. Raises UnreadableFile if the whole file can't be read."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of catalogue files."""

    header: Header
    read: Read
