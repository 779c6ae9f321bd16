"""Interactions and products as training reads them from the warehouse."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from analytics_pipeline import ingest
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import AnyEvent, CartAdd, Carted, Click, Dwell, Review, Seen, View, WishlistAdd
from analytics_pipeline.interactions import interactions, orders, products, views
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import ANNE, BERT, NOW, id_ago, record


def interacted(warehouse: Warehouse, *, as_of: datetime = NOW) -> list[tuple[UUID, int, float]]:
    frame = interactions(warehouse, as_of=as_of)
    return (
        sorted(
            (UUID(shopper), int(product), float(weight))
            for shopper, product, weight in zip(
                frame["shopper"], frame["product_id"], frame["weight"], strict=True
            )
        )
        if len(frame)
        else []
    )


def insert_sale(
    warehouse: Warehouse,
    *,
    product_id: int,
    customer: UUID = NIL_UUID,
    shopper: UUID = NIL_UUID,
    kind: str = "SALE",
    movement_id: int = 0,
) -> None:
    row: dict[str, Any] = {
        "movement_id": movement_id or product_id,
        "order_item_id": product_id,
        "kind": kind,
        "occurred_at": NOW - timedelta(days=2),
        "product_id": product_id,
        "quantity": 1,
        "amount": Decimal("9.90"),
        "currency": "GBP",
        "customer_key": customer,
        "shopper_key": shopper,
        "version": 1,
    }
    warehouse.insert("order_facts", {name: [value] for name, value in row.items()})


def insert_products(warehouse: Warehouse, rows: Sequence[dict[str, Any]]) -> None:
    complete = [
        {"title": "Vase", "is_active": 1, "created_at": NOW, "deleted": 0, "version": 1, **row}
        for row in rows
    ]
    warehouse.insert("products", {name: [row.get(name) for row in complete] for name in complete[0]})


def test_each_day_counts_once_with_its_strongest_interaction_and_a_reported_cart_add_not_at_all(
    warehouse: Warehouse,
) -> None:
    ingest.load(
        warehouse,
        [
            record(View(event_id=id_ago(hours=1), product_id=5)),
            record(Carted(event_id=id_ago(hours=2), product_id=5)),
            record(CartAdd(event_id=id_ago(hours=3), product_id=9)),
            record(Click(event_id=id_ago(days=1), product_id=5)),
            record(View(event_id=id_ago(hours=1), product_id=6), shopper_key=BERT),
        ],
    )

    assert interacted(warehouse) == [(ANNE, 5, 1.0), (ANNE, 5, 3.0), (BERT, 6, 1.0)]


def test_duplicate_events_count_once_and_events_without_a_preference_do_not_count(
    warehouse: Warehouse,
) -> None:
    view = record(View(event_id=id_ago(hours=1), product_id=5))
    seen = record(Seen(event_id=id_ago(hours=1), exposure_id=ANNE, product_ids=(7,)))
    unknown = record(View(event_id=id_ago(hours=1), product_id=8), shopper_key=None)
    of_bot = replace(record(View(event_id=id_ago(hours=1), product_id=9)), is_bot=True)
    reported: list[AnyEvent] = [
        WishlistAdd(event_id=id_ago(hours=1), product_id=10),
        Review(event_id=id_ago(hours=1), product_id=11, rating=5),
        Dwell(event_id=id_ago(hours=1), product_id=12, view_id=ANNE, visible_ms=9_000),
    ]

    ingest.load(warehouse, [view, view, seen, unknown, of_bot, *map(record, reported)])

    assert interacted(warehouse) == [(ANNE, 5, 1.0)]


def test_a_purchase_has_the_highest_weight_and_belongs_to_the_account(warehouse: Warehouse) -> None:
    insert_sale(warehouse, product_id=5, customer=ANNE, shopper=BERT)
    insert_sale(warehouse, product_id=6, shopper=BERT)
    insert_sale(warehouse, product_id=7)
    insert_sale(warehouse, product_id=8, customer=ANNE, kind="RETURN")

    assert interacted(warehouse) == [(ANNE, 5, 5.0), (BERT, 6, 5.0)]


def test_the_origin_of_an_interaction_is_known(warehouse: Warehouse) -> None:
    early, late = id_ago(hours=3), id_ago(hours=1)
    ingest.load(
        warehouse,
        [
            replace(record(View(event_id=early, product_id=5)), source_key=7),
            replace(record(View(event_id=late, product_id=6)), arrived_at=NOW, source_key=2**64 - 1),
        ],
    )
    insert_sale(warehouse, product_id=7, customer=ANNE)
    insert_sale(warehouse, product_id=8, customer=ANNE)
    insert_sale(warehouse, product_id=8, customer=ANNE, kind="CANCEL", movement_id=9)

    frame = interactions(warehouse, as_of=NOW)

    origins = {
        int(row["product_id"]): (int(row["arrived_at"]), int(row["source_key"]), bool(row["is_purchase"]))
        for row in frame.to_dict("records")
    }
    sold_at = int((NOW - timedelta(days=2)).timestamp())
    assert origins == {
        5: (int((NOW - timedelta(hours=3)).timestamp()), 7, False),
        6: (int(NOW.timestamp()), 2**64 - 1, False),
        7: (sold_at, 0, True),
        8: (sold_at, 0, False),
    }


def test_a_guests_interactions_belong_to_the_account_after_login(warehouse: Warehouse) -> None:
    ingest.load(warehouse, [record(View(event_id=id_ago(hours=3), product_id=5), shopper_key=BERT)])
    warehouse.insert(
        "shopper_links",
        {"anonymous_key": [BERT], "shopper_key": [ANNE], "linked_at": [NOW - timedelta(hours=1)]},
    )

    assert interacted(warehouse) == [(ANNE, 5, 1.0)]
    assert interacted(warehouse, as_of=NOW - timedelta(hours=2)) == [(BERT, 5, 1.0)]


def test_interactions_after_the_as_of_time_are_left_out(warehouse: Warehouse) -> None:
    ingest.load(warehouse, [record(View(event_id=id_ago(hours=1), product_id=5))])
    insert_sale(warehouse, product_id=6, customer=ANNE)

    assert interacted(warehouse, as_of=NOW - timedelta(hours=3)) == [(ANNE, 6, 5.0)]
    assert interacted(warehouse, as_of=NOW - timedelta(days=3)) == []


def test_products_have_their_facets_and_deleted_or_later_products_are_left_out(warehouse: Warehouse) -> None:
    insert_products(
        warehouse,
        [
            {"product_id": 1, "attributes": {"colour": ["red", "blue"]}, "category_path": "Home > Vases"},
            {"product_id": 2, "attributes": {}, "category_path": "", "created_at": NOW + timedelta(days=1)},
            {"product_id": 3, "attributes": {}, "category_path": "", "deleted": 1},
        ],
    )

    (product,) = products(warehouse, as_of=NOW + timedelta(seconds=1)).to_dict("records")

    assert product["product_id"] == 1
    assert product["attributes"] == {"colour": ["red", "blue"]}
    assert product["category_path"] == "Home > Vases"


def test_an_empty_warehouse_yields_empty_frames(warehouse: Warehouse) -> None:
    assert interactions(warehouse, as_of=NOW).empty
    assert products(warehouse, as_of=NOW).empty


def test_what_was_cancelled_is_in_no_order(warehouse: Warehouse) -> None:
    def fact(number: int, **changes: object) -> None:
        row = {
            "movement_id": number,
            "order_item_id": number,
            "order_id": 1,
            "kind": "SALE",
            "occurred_at": NOW - timedelta(days=2),
            "product_id": number,
            "quantity": 2,
            "customer_key": ANNE,
            "version": 1,
        }
        warehouse.insert("order_facts", {name: [value] for name, value in (row | changes).items()})

    fact(1)
    fact(2)
    fact(3)
    fact(4, order_item_id=2, product_id=2, kind="CANCEL")
    fact(5, order_item_id=3, product_id=3, kind="CANCEL", quantity=1)
    fact(6, order_id=2, product_id=1, customer_key=NIL_UUID)
    fact(7, order_id=2, product_id=1, customer_key=NIL_UUID)
    fact(8, order_id=3, product_id=1, occurred_at=NOW)

    found = orders(warehouse, as_of=NOW)

    rows = [
        (int(order), int(product))
        for order, product in zip(found["order_id"], found["product_id"], strict=True)
    ]
    assert rows == [(1, 1), (1, 3), (2, 1)]
    assert set(found["ordered_at"]) == {int((NOW - timedelta(days=2)).timestamp())}


def test_views_are_those_of_people_the_latest_ones_in_the_order_of_time(warehouse: Warehouse) -> None:
    repeated = record(View(event_id=id_ago(hours=2), product_id=5))
    guest = replace(record(View(event_id=id_ago(hours=1), product_id=6), shopper_key=BERT), source_key=7)
    bot = replace(record(View(event_id=id_ago(hours=1), product_id=9)), is_bot=True)
    others: list[AnyEvent] = [
        View(event_id=id_ago(hours=4), product_id=4),
        View(event_id=id_ago(hours=3), product_id=5),
        Click(event_id=id_ago(hours=1), product_id=8),
    ]
    unknown = record(View(event_id=id_ago(hours=1), product_id=8), shopper_key=None)
    ingest.load(warehouse, [repeated, repeated, guest, bot, unknown, *map(record, others)])
    warehouse.insert(
        "shopper_links",
        {"shopper_key": [ANNE], "anonymous_key": [BERT], "linked_at": [NOW - timedelta(days=1)]},
    )

    frame = views(warehouse, as_of=NOW, most=3)

    assert [(int(row["product_id"]), int(row["source_key"])) for row in frame.to_dict("records")] == [
        (5, 0),
        (5, 0),
        (6, 7),
    ]
    assert {UUID(shopper) for shopper in frame["shopper"]} == {ANNE}
    assert frame["viewed_at"].is_monotonic_increasing
    assert int(frame["viewed_at"].iloc[-1]) == int((NOW - timedelta(hours=1)).timestamp() * 1_000)
    assert int(frame["arrived_at"].iloc[-1]) == int(frame["viewed_at"].iloc[-1])
    earlier = views(warehouse, as_of=NOW - timedelta(hours=2, minutes=30), most=3)
    assert earlier["product_id"].tolist() == [4, 5]
