"""A product that a reader found in a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from backend.catalog import categories
from backend.catalog.imported import ImportedProduct
from backend.importing.files import DETECTED
from backend.importing.headers import Header
from backend.importing.outcomes import Refused
from backend.importing.text import Dialect

LONGEST_TITLE = 300
LONGEST_NAME = 120
LONGEST_URL = 500
UNCATEGORISED = (categories.UNCATEGORISED,)
IMPORTED = "was imported; listed because another row of its product was refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRow:
    """A product, made of `rows` rows of the file, the first of them `row` at `line`.

    `further` are the other rows with their lines, which are stored if the product is refused. `refused` are
    rows of this product that were refused. If the product `is_partial`, because of these or because rows of
    the file can't be read, variants may be missing here that the file has: they must not be deactivated.
    `stock` is the number of units by SKU, if the file has it, and `stock_at` the time at which they were
    counted, if the file has that; `remarks` name what could not be imported.
    """

    product: ImportedProduct
    line: int
    row: tuple[str, ...]
    further: tuple[tuple[int, tuple[str, ...]], ...] = ()
    rows: int = 1
    stock: Mapping[str, int] = field(default_factory=dict)
    stock_at: Mapping[str, datetime] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    is_partial: bool = False

    @property
    def context(self) -> tuple[Refused, ...]:
        """The accepted rows of a product with refused rows, which together are the whole product."""
        if not self.refused:
            return ()
        return tuple(Refused(line, IMPORTED, row) for line, row in ((self.line, self.row), *self.further))


Outcomes = Iterator[CatalogRow | Refused]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The options with which a catalogue file is read.

    `currency` is the default for rows without one. `mark` is the decimal mark, which is detected if it is
    None. With `extra_attributes`, the columns that the format doesn't have are imported as attributes.
    """

    currency: str
    dialect: Dialect = DETECTED
    mark: str | None = None
    extra_attributes: bool = False


class Resolve(Protocol):
    """Detects the decimal mark of a file, unless `reading` has it."""

    def __call__(self, path: Path, *, reading: Reading) -> Reading:
        """Return a reading with the decimal mark. Raises UnreadableFile if the file doesn't show it."""


class Read(Protocol):
    """Reads the products of a file, and the rows that are refused."""

    def __call__(self, path: Path, *, reading: Reading) -> Outcomes:
        """Yield them. Raises UnreadableFile if the whole file can't be read."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of catalogue files."""

    header: Header
    resolve: Resolve
    read: Read
