"""Reports against truths small enough to be counted by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from analytics_pipeline import ingest, reports, rollups
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import AnyEvent, CartAdd, Click, Exposure, View
from analytics_pipeline.reports import InvalidParameter, NotForSellers, UnknownReport
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import ANNE, BERT, NOW, id_at, record

GUEST = UUID(int=9)
FORGED = UUID("01890000-0000-7000-8000-000000000001")


@dataclass(frozen=True)
class Fact:
    kind: str
    amount: str
    occurred_at: datetime = NOW
    quantity: int = 1
    product_id: int = 1
    order_id: int = 1
    seller_id: int = 7
    currency: str = "EUR"
    customer_key: UUID = NIL_UUID
    shopper_key: UUID = NIL_UUID
    exposure_id: UUID = NIL_UUID
    cart_added_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def store(warehouse: Warehouse, *facts: Fact) -> None:
    columns: dict[str, list[Any]] = {
        name: [getattr(fact, name) for fact in facts] for name in Fact.__annotations__
    }
    columns["amount"] = [Decimal(fact.amount) for fact in facts]
    columns["movement_id"] = list(range(1, len(facts) + 1))
    columns["version"] = [1] * len(facts)
    warehouse.insert("order_facts", columns)


def run(warehouse: Warehouse, name: str, **parameters: Any) -> list[dict[str, Any]]:
    return reports.run(warehouse, name, **parameters).records()


NOVEMBER = datetime(2025, 11, 30, 23, 30, tzinfo=UTC)
SALES = (
    Fact("SALE", "10.10", NOVEMBER, quantity=2, customer_key=ANNE),
    Fact("SALE", "0.20", NOVEMBER, product_id=2, seller_id=8, customer_key=ANNE),
    Fact("SALE", "5.00", NOVEMBER, order_id=2, customer_key=BERT),
    Fact("SALE", "7.00", NOVEMBER, order_id=3, currency="USD"),
    Fact("RETURN", "10.10", NOVEMBER + timedelta(days=3), quantity=2, order_id=1, customer_key=ANNE),
    Fact("CANCEL", "5.00", NOVEMBER + timedelta(hours=1), order_id=2, customer_key=BERT),
    Fact("REFUND", "3.00", NOVEMBER, order_id=1),
)


def test_sales_are_counted_by_month_and_currency(warehouse: Warehouse) -> None:
    store(warehouse, *SALES)
    answer = reports.run(warehouse, "sales", group_by="month")
    assert answer.columns == ("period", "units", "gross", "returns", "net", "orders", "buyers", "currency")
    assert answer.rows == (
        ("2025-11", 4, Decimal("15.30"), Decimal("0.00"), Decimal("15.30"), 2, 2, "EUR"),
        ("2025-11", 1, Decimal("7.00"), Decimal("0.00"), Decimal("7.00"), 1, 0, "USD"),
        ("2025-12", 0, Decimal("0.00"), Decimal("15.10"), Decimal("-15.10"), 0, 0, "EUR"),
    )


def test_a_movement_stored_twice_counts_once(warehouse: Warehouse) -> None:
    store(warehouse, *SALES)
    before = run(warehouse, "sales")
    store(warehouse, *SALES)
    assert run(warehouse, "sales") == before


def in_time_zone(warehouse: Warehouse, name: str) -> Warehouse:
    """The same warehouse, for a shop whose days are those of another time zone."""
    settings = PipelineSettings(home=Path(), clickhouse_url=warehouse.settings.clickhouse_url, time_zone=name)
    return Warehouse(settings, database=str(warehouse.value("SELECT currentDatabase()")))


def test_days_are_those_of_the_shops_time_zone(warehouse: Warehouse) -> None:
    store(warehouse, *SALES)
    berlin = in_time_zone(warehouse, "Europe/Berlin")
    periods = [row["period"] for row in run(berlin, "sales", group_by="day", end_date="2025-12-01")]
    assert periods == ["2025-12-01", "2025-12-01"]
    assert [row["period"] for row in run(warehouse, "sales", group_by="week", end_date="2025-11-30")] == [
        "2025-11-24",
        "2025-11-24",
    ]


def test_a_search_belongs_to_a_day_of_the_shops_time_zone(warehouse: Warehouse) -> None:
    late, nobodys = datetime(2026, 3, 9, 23, 30, tzinfo=UTC), datetime(2026, 3, 9, 22, 30, tzinfo=UTC)
    ingest.load(
        warehouse,
        [shown(id_at(late), query="lamp"), shown(id_at(nobodys), query="vase", shopper_key=NIL_UUID)],
    )
    berlin = in_time_zone(warehouse, "Europe/Berlin")
    (lamp,) = run(berlin, "queries", start_date="2026-03-10", end_date="2026-03-10")
    (vase,) = run(berlin, "queries", start_date="2026-03-09", end_date="2026-03-09")
    assert (lamp["query"], lamp["shoppers"]) == ("lamp", 1)
    assert (vase["query"], vase["shoppers"]) == ("vase", 0)


def test_a_seller_sees_only_what_is_theirs(warehouse: Warehouse) -> None:
    store(warehouse, *SALES)
    (row,) = run(warehouse, "sales", group_by="month", seller=8)
    assert (row["units"], row["gross"], row["orders"]) == (1, Decimal("0.20"), 1)
    with pytest.raises(NotForSellers):
        reports.run(warehouse, "exposure_revenue", seller=8)


def shown(exposure_id: UUID, *, query: str, shopper_key: UUID = ANNE) -> Any:
    exposure = Exposure(
        event_id=exposure_id, surface="search", query=query, product_ids=(1, 2), algorithm="bm25"
    )
    return record(exposure, shopper_key=shopper_key)


def test_every_cent_is_credited_or_unattributed_and_forged_claims_earn_nothing(warehouse: Warehouse) -> None:
    before, after = NOW - timedelta(hours=1), NOW - timedelta(minutes=30)
    lamp, vase, guests = id_at(before), id_at(before), id_at(before)
    ingest.load(
        warehouse,
        [
            shown(lamp, query="lamp"),
            shown(lamp, query="lamp"),
            shown(vase, query="vase"),
            shown(guests, query="candle", shopper_key=GUEST),
        ],
    )
    warehouse.insert("shopper_links", {"anonymous_key": [GUEST], "shopper_key": [ANNE], "linked_at": [after]})
    claim: dict[str, Any] = {"shopper_key": ANNE, "cart_added_at": after}
    store(
        warehouse,
        Fact("SALE", "10.00", exposure_id=lamp, **claim),
        Fact("SALE", "2.50", exposure_id=lamp, product_id=2, order_id=2, **claim),
        Fact("RETURN", "2.50", exposure_id=lamp, product_id=2, order_id=2, **claim),
        Fact("SALE", "4.00", exposure_id=guests, order_id=3, **claim),
        Fact("SALE", "1.00", exposure_id=lamp, product_id=3, order_id=4, **claim),  # was not in the list
        Fact(
            "SALE", "1.01", exposure_id=vase, order_id=5, shopper_key=BERT, cart_added_at=after
        ),  # shown to Anne
        Fact(
            "SALE",
            "1.02",
            exposure_id=vase,
            order_id=6,
            shopper_key=ANNE,
            cart_added_at=before - timedelta(1),
        ),
        Fact("SALE", "1.03", exposure_id=FORGED, order_id=7, **claim),
        Fact("SALE", "1.04", exposure_id=UUID(int=12345), order_id=8, **claim),  # not even a UUIDv7
        Fact("SALE", "1.05", order_id=9, **claim),
    )
    rows = run(warehouse, "exposure_revenue")
    assert {row["query"]: (row["revenue"], row["orders"]) for row in rows} == {
        "lamp": (Decimal("10.00"), 2),
        "candle": (Decimal("4.00"), 1),
        "": (Decimal("6.15"), 6),
    }
    (sales,) = run(warehouse, "sales")
    assert sum(row["revenue"] for row in rows) == sales["net"]
    assert rows[-1]["surface"] == ""


def test_a_list_shown_to_nobody_in_particular_earns_for_nobody(warehouse: Warehouse) -> None:
    anyones = id_at(NOW - timedelta(hours=1))
    ingest.load(warehouse, [shown(anyones, query="lamp", shopper_key=NIL_UUID)])
    warehouse.insert(
        "shopper_links", {"anonymous_key": [NIL_UUID], "shopper_key": [ANNE], "linked_at": [NOW]}
    )
    claim: dict[str, Any] = {"exposure_id": anyones, "cart_added_at": NOW}
    store(warehouse, Fact("SALE", "1.00", shopper_key=ANNE, **claim), Fact("SALE", "2.00", **claim))
    (row,) = run(warehouse, "exposure_revenue")
    assert (row["surface"], row["revenue"]) == ("", Decimal("3.00"))


def test_a_list_with_a_product_twice_earns_its_sale_once_and_takes_the_return_back_in_its_own_month(
    warehouse: Warehouse,
) -> None:
    before = NOW - timedelta(hours=1)
    twice = Exposure(event_id=id_at(before), surface="search", query="lamp", product_ids=(1, 2, 1))
    ingest.load(warehouse, [record(twice)])
    claim: dict[str, Any] = {"shopper_key": ANNE, "exposure_id": twice.event_id, "cart_added_at": before}
    store(
        warehouse,
        Fact("SALE", "9.00", **claim),
        Fact("SALE", "8.00", currency="USD", order_id=2, **claim),
        Fact("RETURN", "4.00", NOW + timedelta(days=30), **claim),
        Fact("REFUND", "3.00", NOW + timedelta(days=30), **claim),
    )
    month = {"start_date": "2026-03-01", "end_date": "2026-03-31"}
    rows = run(warehouse, "exposure_revenue", **month)
    assert {(row["query"], row["currency"]): row["revenue"] for row in rows} == {
        ("lamp", "EUR"): Decimal("9.00"),
        ("lamp", "USD"): Decimal("8.00"),
    }
    (april,) = run(warehouse, "exposure_revenue", start_date="2026-04-01")
    assert (april["query"], april["orders"], april["revenue"]) == ("lamp", 0, Decimal("-4.00"))


def test_a_query_is_the_same_in_capitals(warehouse: Warehouse) -> None:
    before = NOW - timedelta(hours=1)
    lists = {query: id_at(before) for query in ("Rød Vase", "RØD VASE ")}
    ingest.load(warehouse, [shown(exposure_id, query=query) for query, exposure_id in lists.items()])
    claims = [
        Fact("SALE", "1.00", shopper_key=ANNE, exposure_id=exposure_id, cart_added_at=NOW)
        for exposure_id in lists.values()
    ]
    store(warehouse, *claims)
    (searched,) = run(warehouse, "queries")
    (earned,) = run(warehouse, "exposure_revenue")
    assert (searched["query"], searched["searches"]) == ("rød vase", 2)
    assert (earned["query"], earned["revenue"]) == ("rød vase", Decimal("2.00"))


def meet(event: AnyEvent) -> Any:
    return record(event)


def test_a_products_report_joins_what_was_done_with_what_it_earned(warehouse: Warehouse) -> None:
    day = NOW - timedelta(days=1)
    ingest.load(
        warehouse,
        [
            meet(View(event_id=id_at(day), product_id=1)),
            meet(View(event_id=id_at(NOW), product_id=1)),
            meet(Click(event_id=id_at(NOW), product_id=1)),
            meet(Click(event_id=id_at(NOW), product_id=2)),
            meet(CartAdd(event_id=id_at(NOW), product_id=1, quantity=3)),
            meet(Exposure(event_id=id_at(NOW), surface="search", product_ids=(1, 2))),
        ],
    )
    warehouse.insert("products", {"product_id": [1], "seller_id": [7], "currency": ["EUR"], "version": [1]})
    store(
        warehouse,
        Fact("SALE", "30.00", quantity=3),
        Fact("RETURN", "10.00"),
        Fact("SALE", "9.00", product_id=2),
    )
    expected = [
        {
            "period": "2026-03-09",
            "impressions": 0,
            "views": 1,
            "clicks": 0,
            "cart_adds": 0,
            "units": 0,
            "revenue": Decimal("0.00"),
            "currency": "EUR",
        },
        {
            "period": "2026-03-10",
            "impressions": 1,
            "views": 1,
            "clicks": 1,
            "cart_adds": 3,
            "units": 3,
            "revenue": Decimal("20.00"),
            "currency": "EUR",
        },
    ]
    assert run(warehouse, "product", product=1) == expected
    rollups.rebuild(warehouse)
    assert run(warehouse, "product", product=1) == expected
    assert run(warehouse, "product", product=1, start_date="2026-03-10") == expected[1:]
    assert run(warehouse, "product", product=1, seller=7) == expected
    assert run(warehouse, "product", product=1, seller=8) == []


def test_queries_are_counted_with_what_came_of_them(warehouse: Warehouse) -> None:
    found, again = id_at(NOW), id_at(NOW)
    nothing = Exposure(event_id=id_at(NOW), surface="search", query="lmap", product_ids=())
    ingest.load(
        warehouse,
        [
            shown(found, query="Lamp "),
            shown(again, query="lamp", shopper_key=BERT),
            record(nothing),
            meet(Click(event_id=id_at(NOW), product_id=1, exposure_id=found)),
            meet(Click(event_id=id_at(NOW), product_id=2, exposure_id=found)),
        ],
    )
    rows = run(warehouse, "queries")
    assert [
        (r["query"], r["searches"], r["shoppers"], r["empty_searches"], r["clicks"], r["click_through"])
        for r in rows
    ] == [
        ("lamp", 2, 2, 0, 2, 0.5),
        ("lmap", 1, 1, 1, 0, 0.0),
    ]


def test_reused_ids_are_listed(warehouse: Warehouse) -> None:
    event_id = id_at(NOW)
    ingest.load(
        warehouse, [meet(View(event_id=event_id, product_id=1)), meet(View(event_id=event_id, product_id=2))]
    )
    (row,) = run(warehouse, "id_conflicts")
    assert (row["event_id"], row["types"], row["products"]) == (event_id, ["view"], [1, 2])


def test_the_facts_are_summed_for_the_reconciliation(warehouse: Warehouse) -> None:
    store(warehouse, *SALES)
    rows = run(warehouse, "reconciliation")
    assert ("2025-11", "REFUND", "EUR", 1, 1, Decimal("3.00")) in [tuple(row.values()) for row in rows]
    assert sum(row["movements"] for row in rows) == len(SALES)


@pytest.mark.parametrize(
    ("name", "parameters", "named"),
    [
        ("sales", {"group_by": "year"}, "group_by: has to be one of day, week, month"),
        ("sales", {"start_date": "2026-02-30"}, "start_date: has to be a date"),
        ("sales", {"start_date": "2026-02-02", "end_date": "2026-02-01"}, "end_date: 2026-02-01 is before"),
        ("sales", {"colour": "red"}, "colour: is no parameter of sales"),
        ("product", {}, "product: has to be given"),
        ("product", {"product": "-1"}, "product: has to be a whole number"),
    ],
)
def test_a_wrong_parameter_is_named(
    warehouse: Warehouse, name: str, parameters: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidParameter, match=named):
        reports.run(warehouse, name, **parameters)


def test_an_unknown_report_names_those_that_there_are(warehouse: Warehouse) -> None:
    with pytest.raises(UnknownReport, match="exposure_revenue, id_conflicts, product"):
        reports.run(warehouse, "profits")


@pytest.mark.parametrize("name", reports.names())
def test_every_report_answers_on_an_empty_warehouse_and_says_what_it_is(
    warehouse: Warehouse, name: str
) -> None:
    needed = {"product": 1} if name == "product" else {}
    assert reports.run(warehouse, name, **needed).rows == ()
    assert reports.load(name).description
