"""What is bought more than before."""

from collections.abc import Sequence

import numpy as np
import pytest

from ml.catalogue import Catalogue, ProductFacts
from ml.lists import NO_PRODUCT
from ml.orders import Orders
from ml.trending import trending_list

END = np.datetime64("2026-03-01T12:00:00", "s")
CATALOGUE = Catalogue.of([ProductFacts(n, title=f"product {n}", sellable=n != 9) for n in range(1, 100)])
STEADY, RISING, FALLING, NEW, SOLD_OUT = 1, 2, 3, 4, 9

Purchase = tuple[str, int, float]


def orders(purchases: Sequence[Purchase]) -> Orders:
    """Return orders of one product each, from (buyer, product, days ago); buyers named "guest…" have no account."""
    buyers, items, days = zip(*purchases, strict=True)
    keys = np.array(buyers).astype("S36")
    times = END - (np.array(days) * 86_400).astype("timedelta64[s]")
    guests = (keys == b"") | np.char.startswith(keys, b"guest")
    return Orders(np.arange(len(items)), np.array(items), times, keys, ~guests)


def shop() -> list[Purchase]:
    """Return four weeks of buyers of each product, by (product, buyers in each week, the last one first)."""
    weeks = {
        STEADY: (40, 40, 40, 40),
        RISING: (40, 10, 10, 10),
        FALLING: (10, 30, 30, 30),
        NEW: (12, 0, 0, 0),
        SOLD_OUT: (90, 0, 0, 0),
    }
    return [
        (f"account-{product}-{week}-{number}", product, 7 * week + 6.9 * number / count)
        for product, counts in weeks.items()
        for week, count in enumerate(counts)
        for number in range(count)
    ]


def listed(purchases: Sequence[Purchase]) -> list[int]:
    lists = trending_list(orders(purchases), CATALOGUE)
    return [int(one) for row in lists.products for one in row if one != NO_PRODUCT]


def test_products_with_more_buyers_than_before_are_listed_by_their_growth() -> None:
    lists = trending_list(orders(shop()), CATALOGUE)

    assert listed(shop()) == [NEW, RISING]
    assert lists.subjects.tolist() == [""]
    np.testing.assert_allclose(lists.scores[0, :2], [17 / 8, 45 / 22.5])


@pytest.mark.parametrize(
    "forged",
    [
        [(f"guest-{n}", STEADY, 0.1) for n in range(500)],
        [("", 50, 0.1)] * 500,
        [("account-x", 50, n / 100) for n in range(500)],
        [(f"guest-{n}", RISING, 14 + n / 100) for n in range(500)],
    ],
    ids=["guests", "unknown guests", "one account", "guests who bought before"],
)
def test_forged_orders_make_no_product_trend_and_displace_none(forged: list[Purchase]) -> None:
    assert listed([*shop(), *forged]) == listed(shop())


@pytest.mark.parametrize("count", [0, 2, 3])
def test_a_product_needs_three_buyers(count: int) -> None:
    found = listed([*shop(), *[(f"account-{n}", 50, 1.0) for n in range(count)]])

    assert (50 in found) is (count == 3)


def test_an_imported_history_trends_as_it_did_at_its_end() -> None:
    old = [(buyer, product, days + 3_000) for buyer, product, days in shop()]

    assert listed(old) == [NEW, RISING]


def test_without_orders_of_accounts_there_is_no_list() -> None:
    assert len(trending_list(Orders.empty(), CATALOGUE)) == 0
    assert len(trending_list(orders([("guest", 1, 0.0)] * 9), CATALOGUE)) == 0
