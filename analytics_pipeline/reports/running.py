"""Run a report, and return its rows or write them to a file."""

import io
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, BinaryIO, Literal

from analytics_pipeline.reports.definition import SELLER, Report
from analytics_pipeline.reports.errors import InvalidParameters, NotForSellers
from analytics_pipeline.reports.library import load
from analytics_pipeline.reports.parameters import LARGEST_NUMBER, NUMBER, Parameter, Value, parse
from analytics_pipeline.reports.results import ReportResult, plain, plain_row, write_csv
from analytics_pipeline.reports.statements import independent, statements
from analytics_pipeline.warehouse import Warehouse

FileFormat = Literal["csv", "parquet"]
RowPreparation = Callable[[Sequence[str], Sequence[Any]], Sequence[Any]]
EVERY_SELLER = 0
_SELLER = Parameter(name=SELLER, type=NUMBER, description="A seller's id.", maximum=LARGEST_NUMBER)


def run(
    warehouse: Warehouse, name: str, *, seller: int | str = EVERY_SELLER, **given: object
) -> ReportResult:
    """Return the report's rows, for one seller or the whole shop. Parameters are keyword arguments."""
    return execute(warehouse, name, given, seller=seller)


def execute(
    warehouse: Warehouse,
    name: str,
    given: Mapping[str, object],
    *,
    seller: int | str = EVERY_SELLER,
    most_rows: int | None = None,
) -> ReportResult:
    """Run the report with the parameters `given` and return its rows.

    Raises:
        UnknownReport, InvalidReport, InvalidParameters, NotForSellers: the request is invalid.
        ResultTooLarge: it has more than `most_rows` rows.
        WarehouseUnavailable, WarehouseRefused: the warehouse can't run it.
    """
    report = load(name)
    values = parse(report.parameters, given, report=name)
    own = _supplied(report, warehouse, seller=seller)
    for statement in statements(report, warehouse, values):
        parameters = values | own | statement.dirty
        columns, rows = warehouse.table(statement.sql, parameters, most_rows=most_rows)
        if statement.is_current(warehouse):
            break
    return ReportResult(
        columns=_names(columns, report=report),
        rows=tuple(tuple(map(plain, row)) for row in rows),
        parameters=values,
    )


def key_of(name: str, given: Mapping[str, object], *, seller: int | str = EVERY_SELLER) -> Hashable:
    """Return what determines the rows of the report at any moment: equal keys have equal rows.

    Raises:
        UnknownReport, InvalidReport, InvalidParameters, NotForSellers: the request is invalid.
    """
    report = load(name)
    values = parse(report.parameters, given, report=name)
    own = _seller_of(report, seller)
    return name, own, tuple((each, _hashable(value)) for each, value in sorted(values.items()))


def _hashable(value: Value) -> Hashable:
    return tuple(value) if isinstance(value, list) else value


def export(
    warehouse: Warehouse,
    name: str,
    given: Mapping[str, object],
    *,
    file_format: FileFormat,
    to: BinaryIO,
    seller: int | str = EVERY_SELLER,
    most_rows: int | None = None,
    prepare: RowPreparation = plain_row,
) -> None:
    """Write the report to a file, block by block, without holding it in memory as a whole.

    `prepare` converts the values of each row of a CSV file. ClickHouse itself makes Parquet files. After an
    exception the file is incomplete. Raises the same exceptions as `execute`.
    """
    report = load(name)
    values = parse(report.parameters, given, report=name)
    own = _supplied(report, warehouse, seller=seller)
    # What was written can't be taken back, as `execute` does if the result isn't of one state.
    statement = independent(report, warehouse, values)
    parameters = values | own | statement.dirty
    if file_format == "parquet":
        blocks = warehouse.stream(statement.sql, parameters, output_format="Parquet", most_rows=most_rows)
        to.writelines(blocks)
        return
    text = io.TextIOWrapper(to, encoding="utf-8", newline="", write_through=True)
    try:
        with warehouse.row_stream(statement.sql, parameters, most_rows=most_rows) as (columns, rows):
            names = _names(columns, report=report)
            write_csv(names, (prepare(names, row) for row in rows), to=text)
    finally:
        text.detach()


def _names(columns: Sequence[str], *, report: Report) -> tuple[str, ...]:
    """Return the columns' names, or the declared ones if an empty result has none."""
    return tuple(columns) or tuple(column.name for column in report.columns)


def _supplied(report: Report, warehouse: Warehouse, *, seller: int | str) -> dict[str, object]:
    seller_id = _seller_of(report, seller)
    used = report.placeholders
    suppliers: dict[str, Callable[[], object]] = {
        SELLER: lambda: seller_id,
        "time_zone": lambda: warehouse.settings.time_zone,
    }
    return {name: supply() for name, supply in suppliers.items() if name in used}


def _seller_of(report: Report, seller: int | str) -> Value:
    try:
        seller_id = _SELLER.parse(seller)
    except ValueError as error:
        raise InvalidParameters({SELLER: str(error)}) from error
    if seller_id != EVERY_SELLER and SELLER not in report.scope:
        raise NotForSellers(report.name)
    return seller_id
