"""The status of an order is a function of its items' units."""

from itertools import product

import pytest

from backend.orders.status import Units, status_of


@pytest.mark.parametrize(
    ("cancelled", "shipped", "delivered", "returned", "status"),
    [
        (0, 0, 0, 0, "CONFIRMED"),
        (1, 0, 0, 0, "CONFIRMED"),
        (3, 0, 0, 0, "CANCELLED"),
        (0, 1, 0, 0, "PARTIALLY_SHIPPED"),
        (0, 1, 1, 0, "PARTIALLY_SHIPPED"),
        (0, 1, 1, 1, "PARTIALLY_SHIPPED"),
        (1, 2, 0, 0, "SHIPPED"),
        (0, 3, 2, 0, "SHIPPED"),
        (0, 3, 3, 0, "DELIVERED"),
        (2, 1, 1, 0, "DELIVERED"),
        (0, 3, 0, 1, "PARTIALLY_RETURNED"),
        (0, 3, 3, 2, "PARTIALLY_RETURNED"),
        (0, 3, 0, 3, "RETURNED"),
        (1, 2, 2, 2, "RETURNED"),
    ],
)
def test_the_status_of_a_confirmed_order_of_three_units(
    cancelled: int, shipped: int, delivered: int, returned: int, status: str
) -> None:
    units = Units(quantity=3, cancelled=cancelled, shipped=shipped, delivered=delivered, returned=returned)
    assert status_of(units, confirmed=True) == status


def test_an_order_that_is_not_confirmed_is_pending_until_it_is_cancelled() -> None:
    for cancelled in range(3):
        assert status_of(Units(quantity=3, cancelled=cancelled), confirmed=False) == "PENDING"
    assert status_of(Units(quantity=3, cancelled=3), confirmed=False) == "CANCELLED"


def test_every_combination_of_units_has_a_status_that_agrees_with_it() -> None:
    for cancelled, shipped, delivered, returned in product(range(4), repeat=4):
        if cancelled + shipped > 3 or max(delivered, returned) > shipped:
            continue
        units = Units(
            quantity=3, cancelled=cancelled, shipped=shipped, delivered=delivered, returned=returned
        )
        status = status_of(units, confirmed=True)
        assert (status == "CANCELLED") == (cancelled == 3)
        assert (status == "RETURNED") == (0 < returned == 3 - cancelled)
        assert (status in {"CONFIRMED", "PARTIALLY_SHIPPED"}) == (shipped < 3 - cancelled)
