from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from analytics_pipeline import ingest
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import CartAdd, Click, Seen, View
from analytics_pipeline.interactions import interactions, products
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
) -> None:
    row: dict[str, Any] = {
        "movement_id": product_id,
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
    whole = [
        {"title": "Vase", "is_active": 1, "created_at": NOW, "deleted": 0, "version": 1, **row}
        for row in rows
    ]
    warehouse.insert("products", {name: [row.get(name) for row in whole] for name in whole[0]})


def test_a_day_counts_once_with_its_strongest_interaction(warehouse: Warehouse) -> None:
    ingest.load(
        warehouse,
        [
            record(View(event_id=id_ago(hours=1), product_id=5)),
            record(CartAdd(event_id=id_ago(hours=2), product_id=5)),
            record(Click(event_id=id_ago(days=1), product_id=5)),
            record(View(event_id=id_ago(hours=1), product_id=6), shopper_key=BERT),
        ],
    )

    assert interacted(warehouse) == [(ANNE, 5, 1.0), (ANNE, 5, 3.0), (BERT, 6, 1.0)]


def test_an_event_stored_twice_counts_once_and_what_shows_no_preference_does_not_count(
    warehouse: Warehouse,
) -> None:
    view = record(View(event_id=id_ago(hours=1), product_id=5))
    seen = record(Seen(event_id=id_ago(hours=1), exposure_id=ANNE, product_ids=(7,)))
    unknown = record(View(event_id=id_ago(hours=1), product_id=8), shopper_key=None)

    ingest.load(warehouse, [view, view, seen, unknown])

    assert interacted(warehouse) == [(ANNE, 5, 1.0)]


def test_what_was_bought_weighs_most_and_belongs_to_the_account(warehouse: Warehouse) -> None:
    insert_sale(warehouse, product_id=5, customer=ANNE, shopper=BERT)
    insert_sale(warehouse, product_id=6, shopper=BERT)
    insert_sale(warehouse, product_id=7)
    insert_sale(warehouse, product_id=8, customer=ANNE, kind="RETURN")

    assert interacted(warehouse) == [(ANNE, 5, 5.0), (BERT, 6, 5.0)]


def test_what_a_guest_did_before_logging_in_counts_as_the_accounts(warehouse: Warehouse) -> None:
    ingest.load(warehouse, [record(View(event_id=id_ago(hours=3), product_id=5), shopper_key=BERT)])
    warehouse.insert(
        "shopper_links",
        {"anonymous_key": [BERT], "shopper_key": [ANNE], "linked_at": [NOW - timedelta(hours=1)]},
    )

    assert interacted(warehouse) == [(ANNE, 5, 1.0)]
    assert interacted(warehouse, as_of=NOW - timedelta(hours=2)) == [(BERT, 5, 1.0)]


def test_nothing_is_known_of_what_happens_later(warehouse: Warehouse) -> None:
    ingest.load(warehouse, [record(View(event_id=id_ago(hours=1), product_id=5))])
    insert_sale(warehouse, product_id=6, customer=ANNE)

    assert interacted(warehouse, as_of=NOW - timedelta(hours=3)) == [(ANNE, 6, 5.0)]
    assert interacted(warehouse, as_of=NOW - timedelta(days=3)) == []


def test_products_come_with_their_facets_unless_deleted_or_made_later(warehouse: Warehouse) -> None:
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


def test_an_empty_warehouse_gives_empty_frames(warehouse: Warehouse) -> None:
    assert interactions(warehouse, as_of=NOW).empty
    assert products(warehouse, as_of=NOW).empty
