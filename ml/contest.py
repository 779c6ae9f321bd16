"""Compare candidate models on one split by time: fitted to data before it, evaluated on data after it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ml.catalogue import Catalogue
from ml.dataset import Ids, InteractionLog, Interactions, NothingToSplit, split_by_time
from ml.evaluate import evaluate
from ml.metrics import Metrics
from ml.models import Fitted, Model
from ml.models.als import Als
from ml.models.blend import Blend, FittedBlend
from ml.models.content import Content
from ml.models.item_knn import ItemKnn
from ml.models.library import create, described, registered
from ml.models.popularity import Popularity
from ml.registry import Version

K = 20
MAX_TEST_USERS = 20_000
CONTENT_SHARES = (0.1, 0.3, 0.6)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recipe and the half-life of its training data; `serving` is true for the current one."""

    model: Model
    half_life_days: float | None = None
    serving: bool = False

    @property
    def label(self) -> str:
        decay = "" if self.half_life_days is None else f", half-life {self.half_life_days:g} days"
        return f"{described(self.model)}{decay}"

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.model.name,
            "parameters": dict(self.model.parameters),
            "half_life_days": self.half_life_days,
        }


@dataclass(frozen=True, slots=True)
class Measurement:
    candidate: Candidate
    metrics: Metrics
    seconds: float
    fitted: Fitted


@dataclass(frozen=True, slots=True)
class Outcome:
    """The winner of each algorithm, and which of the winners beat popularity.

    `measured` is empty and `split_at` None if the log was too short to split.
    """

    popularity: Candidate
    collaborative: Candidate
    content_based: Candidate
    hybrid: Candidate
    measured: Sequence[Measurement]
    split_at: str | None
    beats_popularity: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """A log split at `split_at`: `train` before it, `test` its users' new interactions after it."""

    train: InteractionLog
    test: Interactions
    split_at: np.datetime64
    catalogue: Catalogue


POPULARITY = (Candidate(Popularity()), Candidate(Popularity(), half_life_days=30))
# Demand is seasonal: most recipes do best with decaying weights.
COLLABORATIVE = (
    Candidate(ItemKnn()),
    Candidate(ItemKnn(), half_life_days=30),
    Candidate(ItemKnn(target_exponent=0.5), half_life_days=30),
    Candidate(Blend()),
    Candidate(Blend(), half_life_days=30),
    Candidate(Als(factors=32), half_life_days=30),
)
CONTENT = Candidate(Content())


def split_log(log: InteractionLog, catalogue: Catalogue, *, share: float) -> TimeSplit | None:
    """Return the log split before its last `share` of rows; None without training or test data."""
    if not len(log):
        return None
    at = np.sort(log.times)[int(len(log) * (1 - share))]
    try:
        before, after = split_by_time(log, at=at)
    except NothingToSplit:
        return None
    test = _first_interactions(before, after)
    return TimeSplit(before, test, at, catalogue) if test.matrix.nnz else None


def _first_interactions(before: InteractionLog, after: InteractionLog) -> Interactions:
    """Return the pairs of `after` that aren't in `before`, of users in `before`."""
    known = Interactions.of_pairs(before.users, before.items)
    users, items = known.users.positions(after.users), known.items.positions(after.items)
    pairs = known.matrix.tocoo()
    width = len(known.items)
    seen = (items >= 0) & np.isin(users * width + items, pairs.row.astype(np.int64) * width + pairs.col)
    new = after.where(~seen & (users >= 0))
    chosen = np.unique(new.users)
    if len(chosen) > MAX_TEST_USERS:
        chosen = np.random.default_rng(0).choice(chosen, MAX_TEST_USERS, replace=False)
        new = new.where(np.isin(new.users, chosen))
    return Interactions.of_pairs(new.users, new.items)


def served_candidate(version: Version) -> Candidate:
    """Return the collaborative recipe of the served version.

    Raises:
        ml.models.library.UnknownModel: this release has no such model.
        ml.models.library.InvalidParameter: its model has other parameters in this release.
    """
    recipe = version.manifest["chosen"]["collaborative"]
    model = create(recipe["name"], recipe["parameters"])
    return Candidate(model, recipe["half_life_days"], serving=True)


def decide(split: TimeSplit, *, served: Candidate | None, report: Callable[[Measurement], None]) -> Outcome:
    """Return the winner of each algorithm on this split, by NDCG.

    `served` is the current collaborative recipe, if there is one; it is compared, too. A winner's metrics are
    those by which it was selected, so they are slightly optimistic.
    """

    def reported(measured: Iterator[Measurement]) -> list[Measurement]:
        found = []
        for one in measured:
            report(one)
            found.append(one)
        return found

    popular = reported(measure(POPULARITY, split))
    collaborative = reported(measure(candidates(served), split))
    (content,) = reported(measure([CONTENT], split))
    winner, baseline = best(collaborative), best(popular)
    hybrids = reported(measure_hybrids(winner, content, split))
    hybrid = best(hybrids)
    return Outcome(
        popularity=baseline.candidate,
        collaborative=winner.candidate,
        content_based=content.candidate,
        hybrid=hybrid.candidate,
        measured=[*popular, *collaborative, content, *hybrids],
        split_at=f"{split.split_at}Z",
        beats_popularity={
            name: one.metrics.ndcg > baseline.metrics.ndcg
            for name, one in (("collaborative", winner), ("content_based", content), ("hybrid", hybrid))
        },
    )


def candidates(served: Candidate | None) -> Sequence[Candidate]:
    """Return the collaborative recipes to compare: the served one, those of this release and of plugins."""
    known = (*COLLABORATIVE, *(Candidate(model) for model in registered()))
    if served is None:
        return known
    others = [one for one in known if replace(served, serving=False) != one]
    return [served, *others]


def default_outcome() -> Outcome:
    """Return the default recipes, for a log that is too short to split."""
    collaborative = COLLABORATIVE[0]
    return Outcome(
        popularity=POPULARITY[0],
        collaborative=collaborative,
        content_based=CONTENT,
        hybrid=Candidate(Blend((collaborative.model, CONTENT.model), (1.0, 0.5))),
        measured=(),
        split_at=None,
        beats_popularity={},
    )


def measure(candidates: Sequence[Candidate], split: TimeSplit) -> Iterator[Measurement]:
    """Yield the measurement of each candidate, fitted on the training part and evaluated on the test part."""
    for candidate in candidates:
        train = training_pairs(candidate, split.train, split.catalogue)
        started = time.perf_counter()
        fitted = candidate.model.fit(train, catalogue=split.catalogue)
        seconds = time.perf_counter() - started
        yield Measurement(candidate, evaluate(fitted, train=train, test=split.test, k=K), seconds, fitted)


def measure_hybrids(winner: Measurement, content: Measurement, split: TimeSplit) -> Iterator[Measurement]:
    """Yield measurements of blends of the winner and the content model, in several proportions."""
    for share in CONTENT_SHARES:
        model = Blend((winner.candidate.model, content.candidate.model), (1.0, share))
        candidate = Candidate(model, winner.candidate.half_life_days)
        train = training_pairs(candidate, split.train, split.catalogue)
        fitted = FittedBlend((winner.fitted, content.fitted), (1.0, share))
        found = evaluate(fitted, train=train, test=split.test, k=K)
        yield Measurement(candidate, found, winner.seconds + content.seconds, fitted)


def best(measured: Sequence[Measurement]) -> Measurement:
    """Return the measurement with the greatest NDCG; the first of several equal ones."""
    return max(measured, key=lambda one: one.metrics.ndcg)


def training_pairs(candidate: Candidate, log: InteractionLog, catalogue: Catalogue) -> Interactions:
    """Return the candidate's training pairs, with a column for every product of the catalogue."""
    return log.interactions(half_life_days=candidate.half_life_days, among=list(catalogue.products))


def histories(
    candidate: Candidate, log: InteractionLog, *, learned_from: InteractionLog, items: Ids
) -> Interactions:
    """Return all users' pairs with the columns and the scale of the pairs that the candidate learned from."""
    pairs = log.interactions(half_life_days=candidate.half_life_days, scale_of=learned_from)
    return pairs.with_items(items)


def as_record(one: Measurement) -> Mapping[str, Any]:
    """Return a measurement as it is stored in a manifest."""
    return {
        **one.candidate.as_dict(),
        "serving": one.candidate.serving,
        "metrics": one.metrics.as_dict(),
        "seconds": round(one.seconds, 2),
    }
