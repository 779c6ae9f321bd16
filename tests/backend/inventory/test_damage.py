"""DAMAGE takes reserved units, and units that arrive or are released replace them."""

from datetime import timedelta
from typing import Any

import pytest

from backend.audit.models import AuditEntry
from backend.catalog.models import Variant
from backend.inventory.errors import InsufficientStock, ReservationShort
from backend.inventory.models import Reservation, ReservationShortage, ReservationState, TransactionType
from backend.inventory.reservations import fulfil, release, reserve
from backend.inventory.services import Entry, record, record_many
from backend.outbox.models import Message
from backend.outbox.topics import Topic
from backend.purchasing.models import ReorderRule
from backend.purchasing.proposals import proposals, rules_for_reordering
from tests.backend import shop
from tests.backend.inventory.invariants import check_stock_and_reservations
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW, SYSTEM, client_of, stock_of
from tests.backend.together import together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

TRANSACTIONS = "/api/products/inventory/transactions/"
SHORTAGES = "/api/products/inventory/shortages/"
HELD, COMMITTED = ReservationState.HELD, ReservationState.COMMITTED


def damage(variant: Variant, units: int) -> None:
    entry = Entry(variant_id=variant.pk, transaction_type=TransactionType.DAMAGE, quantity=units)
    record(entry, by=SYSTEM, now=NOW)


def reserved(
    variant: Variant, units: int, *, hours: int = 0, state: ReservationState = COMMITTED
) -> Reservation:
    at = NOW + timedelta(hours=hours)
    return reserve({variant.pk: units}, reference=f"order-{hours}", now=at, state=state)[variant.pk]


def short_of(*reservations: Reservation) -> list[int]:
    rows = dict(Reservation.objects.values_list("pk", "short"))
    return [rows[one.pk] for one in reservations]


def test_damage_of_reserved_units_over_http_until_the_order_is_shipped() -> None:
    seller, keeper = shop.seller(), shop.staff()
    lamp = shop.variant(stock=4, sold_by=seller)
    order = order_of(shop.customer(), {lamp.pk: 2})
    broken = {"variant": lamp.pk, "transaction_type": "DAMAGE", "quantity": 3}

    assert client_of(seller).post(TRANSACTIONS, broken).status_code == 201
    assert stock_of(lamp.pk) == (1, 1)
    (item,) = client_of(keeper).get(f"/api/orders/orders/{order.pk}/").json()["data"]["items"]
    assert (item["quantity"], item["short"]) == (2, 1)
    (row,) = client_of(seller).get(SHORTAGES).json()["results"]
    assert (row["order_number"], row["quantity"], row["held"], row["short"]) == (order.order_number, 2, 1, 1)
    (listed,) = client_of(keeper).get("/api/orders/orders/", {"short": "true"}).json()["results"]
    assert listed["id"] == order.pk

    refused = client_of(keeper).post(f"/api/orders/orders/{order.pk}/ship/")
    assert (refused.status_code, refused.json()["code"]) == (409, "reservation_short")
    missing = {"variant_id": lamp.pk, "sku": lamp.sku, "requested": 2, "held": 1, "short": 1}
    assert refused.json()["details"]["items"] == [missing]

    arrived = {"variant": lamp.pk, "transaction_type": "IN", "quantity": 1}
    assert client_of(seller).post(TRANSACTIONS, arrived).status_code == 201
    assert client_of(keeper).get(SHORTAGES).json()["count"] == 0
    assert client_of(keeper).get("/api/orders/orders/", {"short": "true"}).json()["count"] == 0
    assert client_of(keeper).post(f"/api/orders/orders/{order.pk}/ship/").status_code == 200
    assert stock_of(lamp.pk) == (0, 0)
    check_stock_and_reservations()


def test_sellers_list_shortages_of_their_own_products_by_product_and_variant() -> None:
    seller, other = shop.seller(), shop.seller()
    lamp, chair = (shop.variant(stock=2, sold_by=seller) for _ in range(2))
    for one in (lamp, chair):
        reserved(one, 2)
        damage(one, 1)

    def listed(user: object, **parameters: int) -> list[int]:
        response = client_of(user).get(SHORTAGES, parameters)  # type: ignore[arg-type]
        return [row["variant"] for row in response.json()["results"]]

    assert listed(seller) == listed(shop.staff()) == [lamp.pk, chair.pk]
    assert listed(other) == []
    assert listed(seller, product=chair.product_id) == listed(seller, variant=chair.pk) == [chair.pk]
    assert client_of(shop.customer()).get(SHORTAGES).status_code == 403


def test_units_are_taken_from_unpaid_orders_first_and_from_the_newest() -> None:
    lamp = shop.variant(stock=9)
    old, new = reserved(lamp, 2, hours=1), reserved(lamp, 2, hours=2)
    unpaid = reserved(lamp, 2, hours=0, state=HELD)

    for units, short in ((3, [0, 0, 0]), (1, [0, 0, 1]), (2, [0, 1, 2]), (2, [1, 2, 2]), (1, [2, 2, 2])):
        damage(lamp, units)
        assert short_of(old, new, unpaid) == short
        check_stock_and_reservations()
    for units, short in ((1, [1, 2, 2]), (3, [0, 0, 2]), (1, [0, 0, 1]), (3, [0, 0, 0])):
        shop.receive({lamp.pk: units})
        assert short_of(old, new, unpaid) == short
        check_stock_and_reservations()
    assert stock_of(lamp.pk) == (8, 6)


@pytest.mark.parametrize(
    ("kind", "quantity", "available"), [("DAMAGE", 5, 4), ("ADJUSTMENT", -3, 2), ("OUT", 3, 2)]
)
def test_only_damage_takes_reserved_units_and_no_more_than_the_stock(
    kind: str, quantity: int, available: int
) -> None:
    lamp = shop.variant(stock=4)
    reserved(lamp, 2)

    with pytest.raises(InsufficientStock) as refused:
        record(Entry(variant_id=lamp.pk, transaction_type=kind, quantity=quantity), by=SYSTEM, now=NOW)

    items: Any = refused.value.details["items"]
    (item,) = items
    assert (item["requested"], item["available"]) == (abs(quantity), available)
    assert stock_of(lamp.pk) == (4, 2)


def test_other_entries_recorded_with_damage_do_not_take_reserved_units() -> None:
    lamp = shop.variant(stock=4)
    reserved(lamp, 3)
    entries = [
        Entry(variant_id=lamp.pk, transaction_type=TransactionType.DAMAGE, quantity=1),
        Entry(variant_id=lamp.pk, transaction_type=TransactionType.ADJUSTMENT, quantity=-2),
    ]

    with pytest.raises(InsufficientStock):
        record_many(entries, by=SYSTEM, now=NOW)

    check_stock_and_reservations()


def test_an_adjustment_or_released_units_end_a_shortage() -> None:
    lamp = shop.variant(stock=6)
    first, second, third = (reserved(lamp, 2, hours=hours) for hours in range(3))
    damage(lamp, 4)
    assert short_of(first, second, third) == [0, 2, 2]

    record(
        Entry(variant_id=lamp.pk, transaction_type=TransactionType.ADJUSTMENT, quantity=1),
        by=SYSTEM,
        now=NOW,
    )
    assert short_of(first, second, third) == [0, 1, 2]
    release([first.pk], by=SYSTEM, now=NOW)
    assert short_of(first, second, third) == [0, 0, 1]
    assert stock_of(lamp.pk) == (3, 3)
    check_stock_and_reservations()


def test_cancelled_units_are_first_those_that_are_missing() -> None:
    lamp = shop.variant(stock=4)
    order = reserved(lamp, 4)
    damage(lamp, 1)

    release([order.pk], units={order.pk: 2}, by=SYSTEM, now=NOW)
    assert short_of(order) == [0]
    assert stock_of(lamp.pk) == (3, 2)

    damage(lamp, 3)
    assert short_of(order) == [2]
    release([order.pk], by=SYSTEM, now=NOW)
    assert stock_of(lamp.pk) == (0, 0)
    check_stock_and_reservations()


def test_units_that_are_held_can_be_shipped() -> None:
    lamp = shop.variant(stock=4)
    order = reserved(lamp, 4)
    damage(lamp, 1)

    with pytest.raises(ReservationShort):
        fulfil([order.pk], by=SYSTEM, now=NOW)
    fulfil([order.pk], units={order.pk: 3}, by=SYSTEM, now=NOW)

    assert stock_of(lamp.pk) == (0, 0)
    assert short_of(order) == [1]
    check_stock_and_reservations()


def test_every_change_is_a_fact_and_the_log_says_who_made_it() -> None:
    lamp = shop.variant(stock=2)
    order = reserved(lamp, 2)
    damage(lamp, 2)
    shop.receive({lamp.pk: 1})
    release([order.pk], by=SYSTEM, now=NOW)

    rows = ReservationShortage.objects.order_by("pk")
    assert list(rows.values_list("reservation", "previous_short", "short")) == [
        (order.pk, 0, 2),
        (order.pk, 2, 1),
        (order.pk, 1, 0),
    ]
    facts = Message.objects.filter(topic=Topic.RESERVATION_SHORT).order_by("pk")
    assert [int(key) for key in facts.values_list("key", flat=True)] == [row.pk for row in rows]
    logged = AuditEntry.objects.filter(action="inventory.reservations_short").order_by("pk")
    assert [entry.changes for entry in logged] == [
        {"short for order-0": [0, 2]},
        {"short for order-0": [2, 1]},
        {"short for order-0": [1, 0]},
    ]


def test_missing_units_are_ordered_from_the_supplier_in_addition() -> None:
    lamp = shop.variant(stock=6)
    ReorderRule.objects.create(variant=lamp, reorder_point=5, target_stock=10)
    reserved(lamp, 4)
    damage(lamp, 5)

    (proposal,) = proposals(list(rules_for_reordering()), now=NOW)

    assert (proposal.available, proposal.short, proposal.quantity) == (0, 3, 13)


def breaking(*variants: Variant) -> None:
    for _ in range(4):
        entries = [
            Entry(variant_id=one.pk, transaction_type=TransactionType.DAMAGE, quantity=1) for one in variants
        ]
        record_many(entries, by=SYSTEM, now=NOW)


def buying(*variants: Variant) -> None:
    for _ in range(4):
        try:
            reserve({one.pk: 1 for one in variants}, reference="new", now=NOW, state=HELD)
        except InsufficientStock:
            return


def closing(rows: list[dict[int, Reservation]], *, shipping: bool) -> None:
    for row in rows:
        ids = [one.pk for one in row.values()]
        try:
            (fulfil if shipping else release)(ids, by=SYSTEM, now=NOW)
        except ReservationShort:
            continue


def delivering(*variants: Variant) -> None:
    for _ in range(3):
        shop.receive({one.pk: 1 for one in variants})


def test_counts_stay_right_during_concurrent_damage_orders_deliveries_cancellations_and_shipments() -> None:
    lamp, chair = shop.product(stock=[12, 12]).variants.all()
    standing = [reserve({lamp.pk: 1, chair.pk: 1}, reference=f"{n}", now=NOW) for n in range(8)]

    outcomes = together(
        lambda: breaking(chair, lamp),
        lambda: breaking(lamp, chair),
        lambda: buying(chair, lamp),
        lambda: closing(standing[:4], shipping=True),
        lambda: closing(standing[4:], shipping=False),
        lambda: delivering(lamp, chair),
    )

    assert outcomes == [None] * 6
    check_stock_and_reservations()
