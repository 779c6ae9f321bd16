"""Compare candidate models on a log that is split by time in three: fit, choice and test.

Recipes are fitted to *fit* and chosen on *choice*. The chosen ones, those that serve and popularity are
fitted to both and measured on *test*. Two choices are made there: whether the hybrid is better than its
parts, and whether a recipe is as good as the one that serves.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import gates
from ml.catalogue import Catalogue
from ml.dataset import UNKNOWN, Ids, InteractionLog, Interactions, NothingToSplit, Positions, split_by_time
from ml.evaluate import tested
from ml.gates import Comparison, Outcome, Ranked, Verdict
from ml.intervals import standard_error
from ml.metrics import Metrics, hits, mean_metrics, ndcg
from ml.models import Model
from ml.models.als import Als
from ml.models.blend import Blend
from ml.models.content import Content
from ml.models.item_knn import ItemKnn
from ml.models.library import create, described, registered
from ml.models.popularity import Popularity
from ml.models.shares import pooled
from ml.registry import Version
from ml.top import rank

K = 20
MAX_TEST_USERS = 20_000
CHOICE_SHARE = 0.15
TEST_SHARE = 0.15
CONTENT_SHARES = (0.1, 0.3, 0.6)
# Interactions of a test user before the test: at most 2, 3 to 20, more.
COLD, WARM = 2, 20


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
    """A candidate's metrics on one part of the log; `ranked` has its NDCG for each test user.

    The fitted model isn't kept. `part` is "choice" or "test".
    """

    candidate: Candidate
    metrics: Metrics
    seconds: float
    ranked: Ranked
    part: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The recipe of each algorithm.

    `person` makes the personal lists of the hybrid algorithm: the hybrid, or its better part, or what serves.
    `measured` is empty and `split_at` None if the log was too short to split; `tested` are the measurements
    of chosen recipes on the test part. `comparison` is None without a test part; `verdicts` are those that
    chose a recipe.
    """

    popularity: Candidate
    collaborative: Candidate
    content_based: Candidate
    hybrid: Candidate
    person: Candidate
    measured: Sequence[Measurement] = ()
    tested: Mapping[str, Measurement] = field(default_factory=dict)
    split_at: str | None = None
    comparison: Comparison | None = None
    verdicts: Sequence[Verdict] = ()


@dataclass(frozen=True, slots=True)
class Served:
    """The recipes of the version that serves: the collaborative one, and that of personal lists, if any."""

    collaborative: Candidate
    person: Candidate | None = None


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """A log split at `split_at`: `train` before it, `test` its users' new interactions after it."""

    train: InteractionLog
    test: Interactions
    split_at: np.datetime64
    catalogue: Catalogue


Keep = Callable[[str, Candidate, Callable[[], list[Measurement]]], list[Measurement]]
"""Called with a part of the log, a candidate, and a function that measures it there."""

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


def split_in_three(log: InteractionLog, catalogue: Catalogue) -> tuple[TimeSplit, TimeSplit] | None:
    """Return the split for choosing and the one for testing; None if the log is too short for one of them.

    The training part of the second is the whole of the first.
    """
    test = split_log(log, catalogue, share=TEST_SHARE)
    if test is None:
        return None
    choice = split_log(test.train, catalogue, share=CHOICE_SHARE / (1 - TEST_SHARE))
    return None if choice is None else (choice, test)


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


def served_recipes(version: Version) -> Served:
    """Return the recipes of the served version.

    Raises:
        ml.models.library.UnknownModel: this release has no such model.
        ml.models.library.InvalidParameter: a model has other parameters in this release.
    """
    chosen = version.manifest["chosen"]
    person = None
    if "user.hybrid" in version.manifest["lists"] and (
        recipe := chosen.get("person") or chosen.get("hybrid")
    ):
        person = _served(recipe)
    return Served(_served(chosen["collaborative"]), person)


def _served(recipe: Mapping[str, Any]) -> Candidate:
    return Candidate(create(recipe["name"], recipe["parameters"]), recipe["half_life_days"], serving=True)


def decide(
    choice: TimeSplit,
    test: TimeSplit,
    *,
    served: Served | None,
    report: Callable[[Measurement], None],
    keep: Keep = lambda _part, _candidate, measured: measured(),
) -> Chosen:
    """Return the recipe of each algorithm, chosen on `choice` and measured on `test`, by NDCG.

    `keep` is called for each measurement, and may return an earlier one. `served` are the current recipes,
    which are compared, too. A recipe replaces them only if it is surely not worse, and a hybrid makes
    personal lists only if it surely beats both of its parts.
    """

    def on_choice(candidates: Iterable[Candidate]) -> list[Measurement]:
        return [one for candidate in candidates for one in on_part(candidate, choice, part="choice")]

    def on_part(candidate: Candidate, split: TimeSplit, *, part: str) -> list[Measurement]:
        found = keep(part, candidate, lambda: [measure(candidate, split, part=part)])
        return [reported(one) for one in found]

    def reported(one: Measurement) -> Measurement:
        report(one)
        return one

    popular = on_choice(POPULARITY)
    collaborative = on_choice(candidates(None if served is None else served.collaborative))
    (content,) = on_choice([CONTENT])
    winner, baseline = simplest_of_the_best(collaborative), simplest_of_the_best(popular)
    blended = keep("with content", winner.candidate, lambda: measure_hybrids(winner.candidate, choice))
    hybrids = [reported(one) for one in blended]
    hybrid = simplest_of_the_best(hybrids)
    parts = {"collaborative": winner, "content_based": content}
    better_part = max(parts, key=lambda name: parts[name].metrics.ndcg)
    found: dict[str, Measurement] = {}

    def on_test_part(candidate: Candidate) -> Measurement:
        key = json.dumps(candidate.as_dict(), sort_keys=True)
        if key not in found:
            (found[key],) = on_part(candidate, test, part="test")
        return found[key]

    popularity = on_test_part(baseline.candidate)
    on_test = {name: on_test_part(one.candidate) for name, one in {**parts, "hybrid": hybrid}.items()}
    verdicts = [
        gates.beats_parts(
            on_test["hybrid"].ranked, {name: on_test[name].ranked for name in parts}, algorithm="hybrid"
        )
    ]
    blend_won = verdicts[0].outcome is Outcome.PASSED
    new = {
        "collaborative": on_test["collaborative"],
        "hybrid": on_test["hybrid" if blend_won else better_part],
    }
    serving: dict[str, Ranked] = {}
    for algorithm, recipe in _recipes_by_algorithm(served).items():
        current = on_test_part(recipe)
        serving[algorithm] = current.ranked
        verdict = gates.not_worse_than_serving(new[algorithm].ranked, current.ranked, algorithm=algorithm)
        verdicts.append(verdict)
        if verdict.outcome is not Outcome.PASSED:
            new[algorithm] = current
    return Chosen(
        popularity=baseline.candidate,
        collaborative=replace(new["collaborative"].candidate, serving=False),
        content_based=content.candidate,
        hybrid=hybrid.candidate,
        person=replace(new["hybrid"].candidate, serving=False),
        measured=[*popular, *collaborative, content, *hybrids],
        tested={
            "popularity": popularity,
            **on_test,
            "collaborative": new["collaborative"],
            "person": new["hybrid"],
        },
        split_at=f"{test.split_at}Z",
        comparison=Comparison(
            new={name: one.ranked for name, one in new.items()},
            popularity=popularity.ranked,
            sellable=len(_sellable(test)),
            segments=_segments(test),
            serving=serving,
        ),
        verdicts=verdicts,
    )


def _recipes_by_algorithm(served: Served | None) -> dict[str, Candidate]:
    if served is None:
        return {}
    found = {"collaborative": served.collaborative}
    return found if served.person is None else {**found, "hybrid": served.person}


def candidates(served: Candidate | None) -> Sequence[Candidate]:
    """Return the collaborative recipes to compare: the served one, those of this release and of plugins."""
    known = (*COLLABORATIVE, *(Candidate(model) for model in registered()))
    if served is None:
        return known
    others = [one for one in known if replace(served, serving=False) != one]
    return [served, *others]


def planned(served: Served | None) -> int:
    """Return how many times `decide` calls `keep` at most."""
    collaborative = len(candidates(None if served is None else served.collaborative))
    on_choice = len(POPULARITY) + collaborative + len((CONTENT, "blends with content"))
    on_test = len(("popularity", "collaborative", "content_based", "hybrid"))
    return on_choice + on_test + len(_recipes_by_algorithm(served))


def default_outcome() -> Chosen:
    """Return the default recipes, for a log that is too short to split."""
    collaborative = COLLABORATIVE[0]
    hybrid = Candidate(Blend((collaborative.model, CONTENT.model), (1.0, 0.5)))
    return Chosen(
        popularity=POPULARITY[0],
        collaborative=collaborative,
        content_based=CONTENT,
        hybrid=hybrid,
        person=hybrid,
    )


def measure(candidate: Candidate, split: TimeSplit, *, part: str) -> Measurement:
    """Return the candidate's measurement, fitted on the training part and evaluated on the test part.

    Raises:
        ml.evaluate.NoTestUsers: no test user has a history.
    """
    train = training_pairs(candidate, split.train, split.catalogue)
    started = time.perf_counter()
    fitted = candidate.model.fit(train, catalogue=split.catalogue)
    seconds = time.perf_counter() - started
    rows, truth, sizes = tested(train, split.test)
    ranked, _ = rank(fitted, train.matrix[rows], k=K)
    return _measurement(candidate, ranked, truth, sizes, split=split, train=train, seconds=seconds, part=part)


def measure_hybrids(winner: Candidate, split: TimeSplit) -> list[Measurement]:
    """Return measurements on the choice part of blends of the winner and the content model, by share.

    Both members are fitted once, to the same pairs.
    """
    train = training_pairs(winner, split.train, split.catalogue)
    started = time.perf_counter()
    members = [model.fit(train, catalogue=split.catalogue) for model in (winner.model, CONTENT.model)]
    seconds = time.perf_counter() - started
    rows, truth, sizes = tested(train, split.test)
    pool = pooled(members, train.matrix[rows])
    return [
        _measurement(
            Candidate(Blend((winner.model, CONTENT.model), (1.0, share)), winner.half_life_days),
            pool.ranked((1.0, share)),
            truth,
            sizes,
            split=split,
            train=train,
            seconds=seconds,
            part="choice",
        )
        for share in CONTENT_SHARES
    ]


def simplest_of_the_best(measured: Sequence[Measurement]) -> Measurement:
    """Return the first of the measurements that are within one standard error of the greatest NDCG.

    The standard error is that of the users' differences from the best. The measurements are in the order in
    which recipes are preferred: what serves, then the simpler ones.
    """
    best = max(measured, key=lambda one: one.metrics.ndcg)
    for one in measured:
        difference = best.ranked.values - one.ranked.values
        if one is best or not difference.any() or float(difference.mean()) <= standard_error(difference):
            return one
    return best


def _measurement(
    candidate: Candidate,
    ranked: Positions,
    truth: Any,
    sizes: NDArray[np.int64],
    *,
    split: TimeSplit,
    train: Interactions,
    seconds: float,
    part: str,
) -> Measurement:
    first = np.unique(ranked[:, : gates.COVERED])
    shown = train.items.values[first[first != UNKNOWN]]
    values = ndcg(hits(ranked, truth), sizes)
    covered = int(np.isin(shown, _sellable(split)).sum())
    metrics = mean_metrics(ranked, truth, sizes=sizes)
    return Measurement(candidate, metrics, seconds, Ranked(values, covered), part)


def _sellable(split: TimeSplit) -> NDArray[np.int64]:
    """Return the products that can be bought; all of the log if the catalogue is empty."""
    found = [key for key, product in split.catalogue.products.items() if product.sellable]
    return np.array(found, np.int64) if len(split.catalogue) else np.unique(split.train.items)


def _segments(split: TimeSplit) -> dict[str, NDArray[np.bool_]]:
    """Return the test users by how many products they interacted with before."""
    train = split.train.interactions()
    rows, _, _ = tested(train, split.test)
    known = np.diff(train.matrix.indptr)[rows]
    return {"cold": known <= COLD, "warm": (known > COLD) & (known <= WARM), "heavy": known > WARM}


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
        "part": one.part,
        "metrics": one.metrics.as_dict(),
        "seconds": round(one.seconds, 2),
    }
