"""Comparing two versions, and the refusals of logs that can't."""

import numpy as np
import pytest

from benchmarks.planted_lists import ACTIVITY, lists_of, logged, planted_shop
from ml.lists import Lists
from ml.ope.comparison import (
    LEAST_EFFECTIVE,
    EffectiveSampleTooSmall,
    NoSupport,
    NothingLogged,
    TooFewShared,
    WeightsNotOne,
    compare,
)
from ml.ope.logs import LoggedLists
from ml.ope.orders import ordered

VERSIONS = ("new", "old")


def lists(rows: dict[str, list[int]]) -> Lists:
    length = max(map(len, rows.values()))
    products = np.array([row + [0] * (length - len(row)) for row in rows.values()])
    return Lists(np.array(list(rows)), products, np.ones(products.shape, np.float32), np.zeros_like(products))


def log_of(*, count: int, epsilon: float, seed: int = 1) -> tuple[LoggedLists, Lists, Lists]:
    """Return a log, and the lists of a good and of a poor version."""
    shop = planted_shop(1)
    log, kind = logged(shop, lists=count, epsilon=epsilon, seed=seed)
    good, poor = shop.best(noise=0.02, seed=1), shop.best(noise=2, seed=2)
    subjects, first = np.unique(log.shoppers, return_index=True)
    return log, lists_of(good, subjects, kind[first]), lists_of(poor, subjects, kind[first])


def test_the_better_version_is_found_with_its_gain() -> None:
    log, good, poor = log_of(count=20_000, epsilon=0.2)
    shop = planted_shop(1)
    gain = (shop.value(shop.best(noise=0.02, seed=1)) - shop.value(shop.best(noise=2, seed=2))) * ACTIVITY

    found = compare(log, versions=VERSIONS, lists=(good, poor))

    assert (found.lists, found.shoppers) == (20_000, len(np.unique(log.shoppers)))
    for one in (found.self_normalised, found.doubly_robust):
        assert 0 < one.low < gain < one.high
    assert found.first.shared == 1


def test_the_order_depends_on_the_products_shown_and_not_on_their_order() -> None:
    shown = np.array([[7, 5, 9, 3], [3, 9, 5, 7], [9, 2, 0, 0]])
    found = ordered(np.array(["anne"] * 3), shown, lists=lists({"bert": [1], "anne": [9, 4, 5, 8]}))

    assert found.products.tolist() == [[9, 5, 3, 7], [9, 5, 3, 7], [9, 2, 0, 0]]
    assert found.shared.tolist() == [0.5, 0.5, 0.5]
    assert ordered(np.array(["carl"]), shown[:1], lists=lists({"anne": [9]})).known.tolist() == [False]


def test_shoppers_without_a_list_in_both_versions_are_left_out() -> None:
    log, good, poor = log_of(count=20_000, epsilon=0.2)
    half = len(poor) // 2
    fewer = Lists(poor.subjects[:half], poor.products[:half], poor.scores[:half], poor.because[:half])

    found = compare(log, versions=VERSIONS, lists=(good, fewer))

    assert found.shoppers == half


def test_no_shared_shopper_is_refused_with_the_numbers() -> None:
    log, good, _ = log_of(count=30, epsilon=0.2)
    with pytest.raises(NothingLogged, match=r"of 75 lists 45 have no propensities \(set RECOMMENDATION_"):
        compare(log, versions=VERSIONS, lists=(good, lists({"zoe": [1]})), without_propensities=45)


def test_a_small_effective_sample_is_refused_with_the_lists_that_it_needs() -> None:
    log, good, poor = log_of(count=1_500, epsilon=0.1)
    with pytest.raises(EffectiveSampleTooSmall) as refused:
        compare(log, versions=VERSIONS, lists=(good, poor))

    assert refused.value.effective < LEAST_EFFECTIVE
    more, good, poor = log_of(count=int(1.2 * refused.value.lists_wanted), epsilon=0.1)
    assert compare(more, versions=VERSIONS, lists=(good, poor)).lists == len(more)


def test_an_order_that_was_never_shown_has_no_support() -> None:
    log = LoggedLists.of_rows(range(100), [[1, 2, 3]] * 100, [[0.9, 0.9, 0.9]] * 100, [[0, 0, 1]] * 100)
    shown = lists({str(number): [1, 2, 3] for number in range(100)})
    swapped = lists({str(number): [1, 3, 2] for number in range(100)})

    with pytest.raises(NoSupport, match=r"none of 100 lists new's product was shown at position 2, 3"):
        compare(log, versions=VERSIONS, lists=(swapped, shown))


def test_propensities_that_do_not_describe_the_log_are_refused() -> None:
    log, good, poor = log_of(count=20_000, epsilon=0.2)
    wrong = LoggedLists(log.shoppers, log.products, np.full(log.products.shape, 0.9), log.rewards)

    with pytest.raises(WeightsNotOne, match="instead of 1"):
        compare(wrong, versions=VERSIONS, lists=(good, poor))


def test_a_version_whose_products_were_not_shown_is_refused() -> None:
    log, good, _ = log_of(count=3_000, epsilon=0.2)
    other = Lists(good.subjects, good.products + 1_000, good.scores, good.because)

    with pytest.raises(TooFewShared, match="0% of the first products of old's lists"):
        compare(log, versions=VERSIONS, lists=(good, other))
