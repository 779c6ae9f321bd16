"""Intervals of means, and choices that need more than noise."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.contest import Candidate, Measurement, simplest_of_the_best
from ml.gates import Ranked
from ml.intervals import mean_interval, standard_error
from ml.metrics import Metrics
from ml.models.popularity import Popularity


def test_the_interval_of_noise_holds_zero_and_that_of_equal_values_is_a_point() -> None:
    noise = np.random.default_rng(3).normal(size=500)

    found = mean_interval(noise - noise.mean(), confidence=0.95)

    assert found.low < 0 < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * standard_error(noise), rel=0.1)
    assert mean_interval(noise, confidence=0.99).low < mean_interval(noise, confidence=0.95).low
    point = mean_interval(np.full(9, 0.25), confidence=0.95)
    assert (point.mean, point.low, point.high) == (0.25, 0.25, 0.25)


def test_about_one_of_twenty_intervals_misses_the_true_mean() -> None:
    chance = np.random.default_rng(8)
    found = [mean_interval(chance.exponential(size=200), confidence=0.95, resamples=400) for _ in range(300)]

    missed = sum(not one.low <= 1 <= one.high for one in found)

    assert 5 <= missed <= 30


def test_a_mean_needs_values_and_its_error_two() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        mean_interval(np.array([]), confidence=0.95)
    assert standard_error(np.array([1.0])) == float("inf")


def measured(values: NDArray[np.float64]) -> Measurement:
    mean = float(values.mean())
    metrics = Metrics(k=20, users=len(values), recall=mean, ndcg=mean, mrr=mean, coverage=0.5)
    return Measurement(Candidate(Popularity()), metrics, 0.0, Ranked(values, 10), "choice")


def test_a_recipe_replaces_a_simpler_one_only_by_more_than_a_standard_error() -> None:
    chance = np.random.default_rng(4)
    simple = measured(chance.random(400))
    noise = chance.normal(scale=0.1, size=400)
    hardly_better = measured(simple.ranked.values + noise - noise.mean() + 0.002)
    clearly_better = measured(simple.ranked.values + noise - noise.mean() + 0.02)

    assert simplest_of_the_best([simple, hardly_better]) is simple
    assert simplest_of_the_best([simple, clearly_better]) is clearly_better
    assert simplest_of_the_best([hardly_better, simple]) is hardly_better
    same = replace(simple, seconds=1.0)
    assert simplest_of_the_best([same, simple]) is same
