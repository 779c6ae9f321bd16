"""Paired differences with bootstrap intervals, against the normal approximation and planted differences."""

import numpy as np
import pytest

from ml.ranking.comparison import paired_difference


def test_the_interval_is_near_that_of_the_normal_approximation() -> None:
    differences = np.random.default_rng(5).normal(0.02, 0.1, 400)
    baseline = np.random.default_rng(6).uniform(0, 1, 400)

    found = paired_difference((baseline + differences).tolist(), baseline.tolist())

    error = 1.96 * differences.std(ddof=1) / 20
    assert found.mean == pytest.approx(differences.mean())
    assert found.low == pytest.approx(differences.mean() - error, abs=0.001)
    assert found.high == pytest.approx(differences.mean() + error, abs=0.001)


def test_the_same_difference_of_every_query_has_no_uncertainty() -> None:
    found = paired_difference([0.9, 0.5, 0.7], [0.8, 0.4, 0.6])

    assert (found.mean, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_repeating_a_comparison_gives_the_same_interval() -> None:
    assert paired_difference([1.0, 0.0, 0.5], [0.2, 0.3, 0.4]) == paired_difference(
        [1.0, 0.0, 0.5], [0.2, 0.3, 0.4]
    )


@pytest.mark.parametrize(("values", "baseline"), [([], []), ([1.0], []), ([1.0], [1.0, 0.5])])
def test_rankings_of_different_queries_are_not_compared(values: list[float], baseline: list[float]) -> None:
    with pytest.raises(ValueError, match="can't be compared"):
        paired_difference(values, baseline)
