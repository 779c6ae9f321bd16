"""Reads public data sets through their converters, which are not part of every installation.

The converters are in the repository's package `datasets`, which doesn't import `backend`.
"""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from backend.importing.errors import FormatNotInstalled
from backend.importing.files import DETECTED, open_table
from backend.importing.headers import Header
from backend.importing.outcomes import Refused
from backend.importing.rows import Row
from backend.importing.text import Dialect

if TYPE_CHECKING:
    from datasets.rows import CatalogueConverter, ConvertedRow, OrdersConverter, RefusedRow, SourceRow

CATALOGUES = ("amazon-in", "crowdflower", "online-retail")
ORDERS = ("online-retail",)

Made = TypeVar("Made")


def catalogue_converter(name: str) -> "CatalogueConverter":
    """Return the converter of catalogues called `name`, one of CATALOGUES. Raises FormatNotInstalled."""
    converter: CatalogueConverter = _formats(name).CATALOGUES[name]
    return converter


def orders_converter(name: str) -> "OrdersConverter":
    """Return the converter of past orders called `name`, one of ORDERS. Raises FormatNotInstalled."""
    converter: OrdersConverter = _formats(name).ORDERS[name]
    return converter


def _formats(name: str) -> Any:
    try:
        return import_module("datasets.formats")
    except ModuleNotFoundError as error:
        raise FormatNotInstalled(name) from error


def header_of(converter: "CatalogueConverter | OrdersConverter") -> Header:
    """Return the header that the converter expects; files may have other columns, too."""
    return Header(required=converter.columns, whole_rows=False)


def products(
    path: Path, *, converter: "CatalogueConverter", dialect: Dialect = DETECTED
) -> Iterator[Row | Refused]:
    """Yield the rows of our catalogue format that the file is converted to."""
    for outcome in _converted(path, converter.columns, converter.convert, dialect=dialect):
        yield outcome if isinstance(outcome, Refused) else _row(outcome)


def orders(
    path: Path, *, converter: "OrdersConverter", dialect: Dialect = DETECTED
) -> Iterator[list[Row] | Refused]:
    """Yield the rows of our order format that the file is converted to, grouped by order."""
    for outcome in _converted(path, converter.columns, converter.convert, dialect=dialect):
        yield outcome if isinstance(outcome, Refused) else [_row(row) for row in outcome]


def skus(path: Path, *, converter: "OrdersConverter", dialect: Dialect = DETECTED) -> set[str]:
    """Return the SKU of every product in the file."""
    return converter.skus(_source_rows(path, converter.columns, dialect=dialect, refused=[]))


def _converted(
    path: Path,
    columns: tuple[str, ...],
    convert: "Callable[[Iterable[SourceRow]], Iterator[Made | RefusedRow]]",
    *,
    dialect: Dialect,
) -> Iterator[Made | Refused]:
    from datasets.rows import RefusedRow  # noqa: PLC0415 - installed, because the converter is from it

    refused: list[Refused] = []
    for outcome in convert(_source_rows(path, columns, dialect=dialect, refused=refused)):
        yield from refused
        refused.clear()
        if isinstance(outcome, RefusedRow):
            yield Refused(outcome.source.line, outcome.reason, outcome.source.values)
        else:
            yield outcome
    yield from refused


def _source_rows(
    path: Path, columns: tuple[str, ...], *, dialect: Dialect, refused: list[Refused]
) -> "Iterator[SourceRow]":
    from datasets.rows import SourceRow  # noqa: PLC0415

    table = open_table(path, header=Header(required=columns), dialect=dialect)
    positions = table.positions(columns)
    for record in table.records():
        if isinstance(record, Refused):
            refused.append(record)
        else:
            yield SourceRow(record.line, tuple([record.values[position] for position in positions]))


def _row(converted: "ConvertedRow") -> Row:
    return Row(
        values=converted.values,
        line=converted.source.line,
        source=converted.source.values,
        rows=converted.rows,
        remarks=converted.remarks,
    )
