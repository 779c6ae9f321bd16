"""Planted values of lists, and the estimates of them from lists that another policy showed."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.planted_lists import ACTIVITY, logged, planted_shop
from ml.ope.estimation import difference, doubly_robust, observed, self_normalised, weights_of
from ml.ope.logs import InvalidPropensities, LoggedLists

SIMULATIONS = 120
# Of 120 intervals for 95 %, so few contain the truth with a probability of 1 in 1,000.
FEWEST = 105


def test_a_hand_computed_case() -> None:
    log = LoggedLists.of_rows(
        ["anne", "bert", "carl"],
        [[1, 2], [2, 1], [1, 2]],
        [[0.8, 0.8], [0.2, 0.2], [0.8, 0.8]],
        [[1, 0], [1, 0], [0, 1]],
    )
    weights = weights_of(log, np.array([[2, 1], [2, 1], [1, 2]]))

    # At position 1: bert's reward 1 with weight 5, carl's 0 with weight 1.25. At position 2: 0 and 1.
    assert weights.values.tolist() == [[0, 0], [5, 5], [1.25, 1.25]]
    assert self_normalised(log, weights).value == pytest.approx(5 / 6.25 + 1.25 / 6.25)
    assert weights.effective == pytest.approx((10 + 2.5) ** 2 / (10**2 + 2.5**2))
    assert observed(log).value == pytest.approx(1)


def test_lists_of_one_product_are_worth_what_was_observed() -> None:
    log = LoggedLists.of_rows(range(4), [[1], [2], [3], [4]], [[1.0]] * 4, [[1], [0], [0], [2]])
    weights = weights_of(log, log.products)

    for found in (
        self_normalised(log, weights),
        doubly_robust(log, log.products, weights),
        observed(log),
    ):
        assert found.value == pytest.approx(0.75)


@pytest.mark.parametrize("revenue", [False, True], ids=["clicks", "revenue"])
def test_intervals_contain_the_planted_value(revenue: bool) -> None:
    shop = planted_shop(1)
    orders = {"good": shop.best(noise=0.05, seed=1), "poor": shop.best(noise=0.3, seed=2)}
    truth = {name: shop.value(order, revenue=revenue) * ACTIVITY for name, order in orders.items()}
    covered: Counter[str] = Counter()
    for number in range(SIMULATIONS):
        log, kind = logged(shop, lists=3_000, epsilon=0.2, seed=number, revenue=revenue)
        found = {}
        for name, order in orders.items():
            weights = weights_of(log, order[kind])
            found[name, "weighted"] = self_normalised(log, weights)
            found[name, "robust"] = doubly_robust(log, order[kind], weights)
        for (name, way), one in found.items():
            covered[f"{name} {way}"] += one.low <= truth[name] <= one.high
        for way in ("weighted", "robust"):
            gain = difference(found["good", way], found["poor", way])
            covered[f"gain {way}"] += gain.low <= truth["good"] - truth["poor"] <= gain.high

    assert min(covered.values()) >= FEWEST, covered


def test_what_was_shown_is_biased_and_the_estimates_are_not() -> None:
    shop = planted_shop(1)
    order = shop.best(noise=0, seed=1)
    truth = shop.value(order) * ACTIVITY
    log, kind = logged(shop, lists=300_000, epsilon=0.3, seed=1)
    weights = weights_of(log, order[kind])

    assert observed(log).high < 0.9 * truth
    assert self_normalised(log, weights).value == pytest.approx(truth, rel=0.03)
    assert doubly_robust(log, order[kind], weights).value == pytest.approx(truth, rel=0.03)
    assert weights.mean == pytest.approx(1, abs=4 * weights.mean_error)


def test_predictions_make_the_doubly_robust_estimate_narrower_where_products_decide() -> None:
    shop = planted_shop(1)
    order = shop.best(noise=0, seed=1)
    log, kind = logged(shop, lists=3_000, epsilon=0.2, seed=5)
    of_product = LoggedLists(log.shoppers, log.products, log.propensities, shop.price[log.products])
    weights = weights_of(of_product, order[kind])

    robust, weighted = doubly_robust(of_product, order[kind], weights), self_normalised(of_product, weights)

    assert robust.high - robust.low < 0.5 * (weighted.high - weighted.low)


def test_more_lists_of_the_same_shoppers_are_worth_less_than_those_of_others() -> None:
    shop = planted_shop(1)
    widths = []
    for per_shopper in (1, 30):
        log, kind = logged(shop, lists=3_000, epsilon=0.2, seed=3, per_shopper=per_shopper)
        found = self_normalised(log, weights_of(log, shop.candidates[kind]))
        widths.append(found.high - found.low)

    assert widths[0] < widths[1]


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.1, float("nan")], ids=["zero", "negative", "above-1", "nan"])
def test_impossible_propensities_are_refused(bad: float) -> None:
    with pytest.raises(InvalidPropensities, match="isn't above 0 and at most 1"):
        LoggedLists.of_rows(["anne"], [[1, 2]], [[0.5, bad]], [[0, 0]])


def test_a_list_with_more_values_than_products_is_refused() -> None:
    with pytest.raises(InvalidPropensities, match="more or fewer values"):
        LoggedLists.of_rows(["anne"], [[1, 2]], [[0.5]], [[0, 0]])
