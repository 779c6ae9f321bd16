"""The order of lists, a share of which is shuffled, and the propensities that are logged with it."""

from collections import Counter

import pytest

from ml.exploration import MOST, shown_order

LISTS = 40_000


def test_propensities_are_the_frequencies_of_products_at_positions() -> None:
    products, share = 4, MOST
    counted: Counter[tuple[int, int]] = Counter()
    logged: dict[tuple[int, int], float] = {}
    for seed in range(LISTS):
        order = shown_order(products, share=share, seed=seed)
        for position, (place, propensity) in enumerate(zip(*order, strict=True)):
            counted[place, position] += 1
            logged[place, position] = propensity

    assert len(logged) == products * products
    for pair, propensity in logged.items():
        error = (propensity * (1 - propensity) / LISTS) ** 0.5
        assert counted[pair] / LISTS == pytest.approx(propensity, abs=4 * error), pair
    for place in range(products):
        assert sum(logged[place, position] for position in range(products)) == pytest.approx(1)


def test_the_share_of_lists_that_are_not_by_rank() -> None:
    orders = [shown_order(5, share=0.1, seed=seed).places for seed in range(LISTS)]

    # One of 120 random orders is that by rank.
    expected = 0.1 * (1 - 1 / 120)
    shuffled = sum(order != [0, 1, 2, 3, 4] for order in orders) / LISTS
    assert shuffled == pytest.approx(expected, abs=4 * (expected * (1 - expected) / LISTS) ** 0.5)


def test_the_same_seed_gives_the_same_order() -> None:
    seed = 0x0195568F1E007C3A8D7F9A1B2C3D4E5F

    assert shown_order(10, share=0.2, seed=seed) == shown_order(10, share=0.2, seed=seed)


def test_without_exploration_lists_are_by_rank_and_have_no_propensities() -> None:
    assert shown_order(3, share=0, seed=1) == ([0, 1, 2], [])
    assert shown_order(0, share=0.2, seed=1) == ([], [])


def test_the_only_product_of_a_list_is_certain() -> None:
    assert shown_order(1, share=0.2, seed=1) == ([0], [1.0])
