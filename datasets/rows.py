"""The input and output types of converters."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

EXACT_COPY = "is an exact copy of an earlier row"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of the data set: its line in the file, and its values in the order of the converter's columns."""

    line: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedRow:
    """A row of our CSV as {column: text}, made of `rows` rows of the data set; `source` is the first.

    `remarks` say what could not be converted; rows with the same problem have the same text.
    """

    values: Mapping[str, str]
    source: SourceRow
    rows: int = 1
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that can't be converted; rows with the same fault have the same `reason`."""

    source: SourceRow
    reason: str


Converted = ConvertedRow | RefusedRow


@dataclass(frozen=True, slots=True)
class CatalogueConverter:
    """Converts rows with these columns to rows of a catalogue."""

    columns: tuple[str, ...]
    convert: Callable[[Iterable[SourceRow]], Iterator[Converted]]


@dataclass(frozen=True, slots=True)
class OrdersConverter:
    """Converts rows with these columns to rows of past orders.

    `convert` yields the rows of one order together. `skus` returns the SKU of every product in the rows.
    """

    columns: tuple[str, ...]
    convert: Callable[[Iterable[SourceRow]], Iterator[list[ConvertedRow] | RefusedRow]]
    skus: Callable[[Iterable[SourceRow]], set[str]]
