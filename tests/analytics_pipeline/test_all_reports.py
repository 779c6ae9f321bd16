"""Every report withstands hostile parameters, and a seller's report doesn't depend on other sellers."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from analytics_pipeline import ingest, reports
from analytics_pipeline.reports import InvalidParameters, Parameter, Report
from analytics_pipeline.reports.definition import SELLER
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.cases import FOLDER, Case, read

CASES = (
    "sales/parts.md",
    "product/done_and_earned.md",
    "baskets/bought_together.md",
    "product_conversion/views_to_orders.md",
    "stock_outs/periods.md",
)
SHOP = [read(FOLDER / name) for name in CASES]
MOVEMENTS = 23
# Both sellers have sold product 2.
NEEDED: dict[str, dict[str, Any]] = {"product": {"product": 2}, "baskets": {"minimum_orders": 1}}
TEXTS = ("' OR 1 = 1; DROP TABLE order_facts -- \\' {seller:UInt64} %_ \u202e\U0001f6d2", "x" * 1_000, "")
EARLY, LATE = date(1970, 1, 2), date(2149, 6, 4)
SPANS = ((EARLY, EARLY), (LATE, LATE), (EARLY, LATE), (date(1970, 1, 3), date(2149, 6, 3)))


def store(warehouse: Warehouse, *, sellers: tuple[str, ...] = ("7", "8")) -> None:
    """Store the orders of these sellers, and all products."""
    rows = {
        name: [row for case in SHOP for row in case.stored.get(name, [])]
        for name in ("orders", "products", "stock")
    }
    rows["orders"] = [row for row in rows["orders"] if (row.get("seller") or "7") in sellers]
    Case("shop", rows).store(warehouse)


def load_events(warehouse: Warehouse) -> None:
    ingest.load(warehouse, [event for case in SHOP for event in case.events()])


def values_of(parameter: Parameter) -> tuple[Any, ...]:
    """Return allowed values, among them the outermost."""
    match parameter.type:
        case "UInt64":
            return (parameter.minimum, parameter.maximum)
        case "String":
            return parameter.choices or TEXTS
        case _:
            return (parameter.default,)


def hostile_requests(report: Report) -> Iterator[dict[str, Any]]:
    """Yield requests in which every value of every parameter occurs, and each of SPANS."""
    values = {parameter.name: values_of(parameter) for parameter in report.parameters}
    for place in range(max(map(len, values.values()), default=0)):
        yield {name: known[place % len(known)] for name, known in values.items()}
    if {"start_date", "end_date"} <= values.keys():
        for first, last in SPANS:
            yield {**NEEDED.get(report.name, {}), "start_date": first, "end_date": last}


@pytest.mark.parametrize("name", reports.names())
def test_reports_survive_outermost_values_and_texts_that_look_like_sql(
    warehouse: Warehouse, name: str
) -> None:
    store(warehouse)
    load_events(warehouse)

    for given in hostile_requests(reports.load(name)):
        used = reports.run(warehouse, name, **given).parameters
        assert {key: used[key] for key in given} == given
    assert warehouse.value("SELECT count() FROM order_facts FINAL") == MOVEMENTS


def test_a_text_of_ten_kilobytes_or_with_a_null_character_is_refused(warehouse: Warehouse) -> None:
    for report in reports.available():
        for parameter in report.parameters:
            for value in ("x" * 10_000, "a\0b"):
                with pytest.raises(InvalidParameters) as raised:
                    reports.run(
                        warehouse, report.name, **{**NEEDED.get(report.name, {}), parameter.name: value}
                    )
                assert parameter.name in raised.value.faults


@pytest.mark.parametrize("name", [name for name in reports.names() if SELLER in reports.load(name).scope])
def test_a_sellers_report_does_not_depend_on_the_rows_of_others(warehouse: Warehouse, name: str) -> None:
    most = max(reports.load(name).parameters, key=lambda parameter: len(parameter.choices))
    requests = [{**NEEDED.get(name, {}), most.name: choice} for choice in most.choices or (most.default,)]
    load_events(warehouse)
    store(warehouse)
    whole = [reports.run(warehouse, name, **given).rows for given in requests]
    own = [reports.run(warehouse, name, seller=7, **given).rows for given in requests]
    warehouse.command("TRUNCATE TABLE order_facts")
    store(warehouse, sellers=("7",))

    assert own == [reports.run(warehouse, name, seller=7, **given).rows for given in requests]
    assert any(own)
    assert own != whole
