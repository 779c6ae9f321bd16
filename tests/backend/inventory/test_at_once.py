"""Concurrent reservations and transactions of the same variants."""

import pytest

from backend.inventory.errors import InsufficientStock
from backend.inventory.models import TransactionType
from backend.inventory.reservations import reserve
from backend.inventory.services import Entry, record_many
from tests.backend.shop import NOW, SYSTEM, product, stock_of, variant
from tests.backend.together import kinds, together

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_last_unit_is_reserved_for_only_one_of_two_buyers() -> None:
    lamp = variant(stock=1)
    outcomes = together(*[lambda: reserve({lamp.pk: 1}, reference="order", now=NOW)] * 2)
    assert kinds(outcomes) == ["InsufficientStock", "dict"]
    assert stock_of(lamp.pk) == (1, 1)


def test_reservations_in_opposite_orders_do_not_deadlock() -> None:
    first, second = product(stock=[40, 40]).variants.all()
    ascending, descending = {first.pk: 1, second.pk: 1}, {second.pk: 1, first.pk: 1}

    def reserve_repeatedly(units: dict[int, int]) -> None:
        for _ in range(10):
            reserve(units, reference="order", now=NOW)

    outcomes = together(
        *[lambda units=units: reserve_repeatedly(units) for units in (ascending, descending) * 2]
    )
    assert outcomes == [None] * 4
    assert (stock_of(first.pk), stock_of(second.pk)) == ((40, 40), (40, 40))


def test_concurrent_deliveries_and_sales_are_all_counted() -> None:
    lamp = variant(stock=5)
    arrival = [Entry(variant_id=lamp.pk, transaction_type=TransactionType.IN, quantity=3)]

    def sell() -> int:
        try:
            reserve({lamp.pk: 1}, reference="order", now=NOW)
        except InsufficientStock:
            return 0
        return 1

    outcomes = together(*[lambda: record_many(arrival, by=SYSTEM, now=NOW)] * 2, *[sell] * 6)
    sold = sum(outcome for outcome in outcomes if isinstance(outcome, int))
    assert stock_of(lamp.pk) == (11, sold)
    assert sold >= 5
