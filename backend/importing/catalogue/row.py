"""What a reader makes of one product of a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from backend.catalog.bulk import ImportedProduct
from backend.importing.files import Header
from backend.importing.outcomes import Refused

LONGEST_TITLE = 300
LONGEST_NAME = 120
LONGEST_URL = 500
UNCATEGORISED = ("Uncategorised",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRow:
    """A product that the file describes in `rows` rows, the first of them `row` at `line`.

    `further` are the others with their lines, where a row is worth keeping: where it is no sale of many.
    `stock` counts units by SKU, where the file knows them; `remarks` say what could not be taken over.
    """

    product: ImportedProduct
    line: int
    row: tuple[str, ...]
    further: tuple[tuple[int, tuple[str, ...]], ...] = ()
    rows: int = 1
    stock: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


class Read(Protocol):
    """A reader: yields the products of a file, and the rows that make none."""

    def __call__(self, path: Path) -> Iterator[CatalogRow | Refused]:
        """Yield them; raise UnreadableFile where the file as a whole can't be taken."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of catalogue file."""

    header: Header
    read: Read
