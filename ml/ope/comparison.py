"""Two versions' orders of the lists that were shown, or the reason why the log can't compare them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.lists import Lists
from ml.ope.estimation import (
    Estimate,
    Weights,
    difference,
    doubly_robust,
    observed,
    self_normalised,
    weights_of,
)
from ml.ope.logs import LoggedLists
from ml.ope.orders import Ordered, ordered

# With fewer, intervals for 95 % contain the truth in less than 93 % of logs (benchmarks/counterfactual.py).
LEAST_EFFECTIVE = 50.0
# A position that fewer lists have decides little, so it is not required to have LEAST_EFFECTIVE.
LEAST_LISTS = 0.05
# With less, the order of what was shown says little about a version's own lists.
LEAST_SHARED = 0.5
# Standard errors by which the mean of the weights may differ from 1.
MOST_ERRORS = 4.0
SETTING = "RECOMMENDATION_EXPLORATION"


class NotEvaluable(ValueError):
    """The log can't answer the question; the message has the figures and what would help."""


class NothingLogged(NotEvaluable):
    """No list can be used."""

    def __init__(self, *, logged: int, without_propensities: int, without_lists: int) -> None:
        super().__init__(
            f"no list can be compared: of {logged} lists {without_propensities} have no propensities "
            f"(set {SETTING} above 0, so that new lists have them), and {without_lists} were shown to "
            "shoppers without a personal list in both versions"
        )
        self.logged, self.without_propensities, self.without_lists = (
            logged,
            without_propensities,
            without_lists,
        )


class TooFewShared(NotEvaluable):
    """Too few of the version's first products were shown."""

    def __init__(self, version: str, *, shared: float) -> None:
        super().__init__(
            f"{shared:.0%} of the first products of {version}'s lists were shown to their shoppers, and "
            f"{LEAST_SHARED:.0%} are needed: the log doesn't say what the others lead to. Only an "
            "experiment, which shows the version to some shoppers, does"
        )
        self.version, self.shared = version, shared


class NoSupport(NotEvaluable):
    """At a position, the version's product was never shown."""

    def __init__(self, version: str, *, positions: tuple[int, ...], lists: int) -> None:
        places = ", ".join(map(str, positions))
        super().__init__(
            f"in none of {lists} lists {version}'s product was shown at position {places}, so its weights "
            f"have no support there: collect more lists, with a greater {SETTING}"
        )
        self.version, self.positions, self.lists = version, positions, lists


class EffectiveSampleTooSmall(NotEvaluable):
    """The weights leave too few shoppers for an interval that can be trusted."""

    def __init__(self, version: str, *, effective: float, position: int, lists: int) -> None:
        wanted = int(np.ceil(lists * LEAST_EFFECTIVE / max(effective, 1e-9) / 100) * 100)
        super().__init__(
            f"{lists} lists are worth {effective:.1f} shoppers for {version} at position {position}, and "
            f"{LEAST_EFFECTIVE:.0f} are needed: collect about {wanted:,} lists, or a share of them with a "
            f"greater {SETTING}"
        )
        self.version, self.effective, self.position, self.lists = version, effective, position, lists
        self.lists_wanted = wanted


class WeightsNotOne(NotEvaluable):
    """The mean of the weights isn't 1, so the propensities aren't those with which the lists were shown."""

    def __init__(self, version: str, *, mean: float, error: float) -> None:
        super().__init__(
            f"the mean of {version}'s weights is {mean:.3f} ± {error:.3f} instead of 1: the logged "
            "propensities are not those with which the lists were ordered"
        )
        self.version, self.mean, self.error = version, mean, error


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A version's value, estimated in two ways, with its weights and the mean share of its products shown."""

    version: str
    self_normalised: Estimate
    doubly_robust: Estimate
    weights: Weights
    shared: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions on the same lists; `shown` is the value of the lists as they were shown."""

    lists: int
    shoppers: int
    shown: Estimate
    first: Evaluation
    second: Evaluation

    @property
    def self_normalised(self) -> Estimate:
        """The first version's value minus the second's."""
        return difference(self.first.self_normalised, self.second.self_normalised)

    @property
    def doubly_robust(self) -> Estimate:
        """The first version's value minus the second's."""
        return difference(self.first.doubly_robust, self.second.doubly_robust)


def compare(
    log: LoggedLists,
    *,
    versions: tuple[str, str],
    lists: tuple[Lists, Lists],
    without_propensities: int = 0,
) -> Comparison:
    """Return what two versions' orders of the logged lists are worth.

    `without_propensities` is the number of lists that are not in the log because it has none for them.

    Raises:
        NotEvaluable: the log can't answer; the class says why.
    """
    orders = [ordered(log.shoppers, log.products, lists=one) for one in lists]
    kept = orders[0].known & orders[1].known
    if not kept.any():
        raise NothingLogged(
            logged=len(log) + without_propensities,
            without_propensities=without_propensities,
            without_lists=len(log),
        )
    used = log.where(kept)
    evaluations = [
        _evaluation(version, used, order, kept) for version, order in zip(versions, orders, strict=True)
    ]
    return Comparison(len(used), len(np.unique(used.shoppers)), observed(used), *evaluations)


def _evaluation(version: str, log: LoggedLists, order: Ordered, kept: NDArray[np.bool_]) -> Evaluation:
    target, shared = order.products[kept], float(order.shared[kept].mean())
    if shared < LEAST_SHARED:
        raise TooFewShared(version, shared=shared)
    weights = weights_of(log, target)
    _check(version, log, weights)
    return Evaluation(
        version, self_normalised(log, weights), doubly_robust(log, target, weights), weights, shared
    )


def _check(version: str, log: LoggedLists, weights: Weights) -> None:
    """Raise what is wrong with the weights."""
    frequent = log.shown.mean(axis=0) >= LEAST_LISTS
    missing = np.flatnonzero(frequent & (weights.by_position == 0)) + 1
    if len(missing):
        raise NoSupport(version, positions=tuple(missing.tolist()), lists=len(log))
    effective = np.where(frequent, weights.by_position, np.inf)
    worst = int(effective.argmin())
    if effective[worst] < LEAST_EFFECTIVE:
        raise EffectiveSampleTooSmall(
            version, effective=float(effective[worst]), position=worst + 1, lists=len(log)
        )
    if abs(weights.mean - 1) > MOST_ERRORS * weights.mean_error + 1e-9:
        raise WeightsNotOne(version, mean=weights.mean, error=weights.mean_error)
