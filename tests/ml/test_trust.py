"""Which rows models learn from, and how much a shopper, a network and a product's visitors may weigh."""

from dataclasses import replace

import numpy as np
import pytest

from ml.dataset import InteractionLog
from ml.trust import LIMITS, Learned, Limits, Origins, learned

ESTABLISHED = replace(LIMITS, fewest_trusted=1)
DAY = np.timedelta64(1, "D")
START = np.datetime64("2026-03-01T12:00:00", "s")

Row = tuple[str, int, float, int, bool]
BUYER: Row = ("buyer", 1, 0.0, 0, True)


def learn(*rows: Row, limits: Limits = ESTABLISHED) -> Learned:
    """Learn from rows of (shopper, product, day, source, is a purchase); each has the weight of a view."""
    shoppers, items, days, sources, purchases = zip(*rows, strict=True)
    times = START + (np.array(days) * 86_400).astype("timedelta64[s]")
    log = InteractionLog(np.array(shoppers), np.array(items), times, np.ones(len(rows), np.float32))
    return learned(log, Origins(times, np.array(sources, np.uint64), np.array(purchases)), limits=limits)


def weight_of(found: Learned, shopper: str) -> float:
    return float(found.log.weights[found.log.users == shopper].sum())


@pytest.mark.parametrize(
    ("days", "weight"),
    [
        ([0], 0),
        ([0, 1, 2, 3, 4, 5, 6, 6.99], 0),
        ([0, 28], 2 * 0.5),
        ([0, 9, 18, 28], 4),
        ([0, 5, 10, 17.5], 4 * 0.5),
    ],
    ids=["one day", "a week", "two days far apart", "four days in four weeks", "half the age"],
)
def test_a_shopper_without_a_purchase_earns_weight_over_weeks(days: list[float], weight: float) -> None:
    others: list[Row] = [(f"buyer-{n}", n, 0.0, 0, True) for n in range(len(days))]
    found = learn(*others, *[("guest", n, day, 0, False) for n, day in enumerate(days)])
    assert weight_of(found, "guest") == pytest.approx(weight, rel=0.01)


def test_a_purchase_makes_all_that_a_shopper_did_count() -> None:
    assert weight_of(learn(BUYER, ("buyer", 2, 0.0, 5, False)), "buyer") == 2


def test_purchases_are_learned_as_they_are() -> None:
    found = learn(*[(f"buyer-{n % 9}", n % 2, 0.0, 5, True) for n in range(900)])
    assert len(found.log) == 900
    assert found.log.weights.tolist() == [1.0] * 900
    assert set(found.rows.values()) == {0}


def test_the_age_is_that_of_arrivals_and_not_what_clients_report() -> None:
    times = START + np.array([0, 40]) * DAY
    log = InteractionLog(np.array(["a", "a"]), np.array([1, 2]), times, np.ones(2, np.float32))
    buyer = Origins(np.full(2, START + 40 * DAY), np.zeros(2, np.uint64), np.zeros(2, np.bool_))
    assert not len(learned(log, buyer, limits=replace(LIMITS, fewest_trusted=0)).log)


def test_three_hundred_guests_of_a_network_weigh_as_much_as_three() -> None:
    limits = replace(ESTABLISHED, young_weight=1.0, unproven_at_least=1_000.0)
    crowd: list[Row] = [(f"guest-{n}", 9, 0.0, 5, False) for n in range(300)]
    elsewhere: list[Row] = [(f"other-{n}", 9, 0.0, 100 + n, False) for n in range(20)]
    found = learn(BUYER, *crowd, *elsewhere, limits=limits)
    weights = dict(zip(found.log.users.tolist(), found.log.weights.tolist(), strict=True))
    assert sum(value for name, value in weights.items() if name.startswith("guest")) == pytest.approx(3)
    assert weights["other-0"] == 1
    assert found.rows["source_and_product_a_day"] == 300


def test_a_network_a_shopper_and_a_products_visitors_have_limits_in_total() -> None:
    limits = replace(ESTABLISHED, young_weight=1.0, unproven_at_least=3.0)
    wide: list[Row] = [(f"guest-{n}", n, 0.0, 5, False) for n in range(400)]
    assert learn(BUYER, *wide, limits=limits).log.weights.sum() == pytest.approx(301)
    crawled: list[Row] = [("crawler", n, 0.0, 0, False) for n in range(2, 500)]
    assert weight_of(learn(BUYER, *crawled, limits=limits), "crawler") == pytest.approx(100)
    visited: list[Row] = [(f"guest-{n}", 1, 0.0, n + 1, False) for n in range(50)]
    found = learn(BUYER, *visited, limits=limits)
    assert found.log.weights.sum() - weight_of(found, "buyer") == pytest.approx(2 * 1 + 3)
    assert found.rows["product"] == 50


def test_a_shop_with_few_trusted_shoppers_learns_from_all() -> None:
    found = learn(BUYER, ("guest", 2, 0.0, 0, False), limits=LIMITS)
    assert (found.is_young_shop, len(found.log)) == (True, 2)
    assert not learn(BUYER, ("guest", 2, 0.0, 0, False)).is_young_shop


def test_nothing_is_learned_from_an_empty_log() -> None:
    assert len(learned(InteractionLog.empty(), Origins.empty()).log) == 0
