"""The audience "session": what comes next, by similar sessions or by the lists of the viewed products.

Both are measured on sessions after the split, for each product of a session from those before it. The model
of sessions is used only if it is surely better than the lists, which are served otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml import gates
from ml.compose import histories_of_one
from ml.contest import Candidate, TimeSplit, training_pairs
from ml.dataset import UNKNOWN, Positions
from ml.evaluate_sessions import NextItems, ranks
from ml.gates import Comparison, Gate, Outcome, Ranked, Verdict
from ml.intervals import mean_interval
from ml.models.session_knn import SessionKnn
from ml.product_pages import Pages
from ml.sequences import Sequences
from ml.serving import MAX_RECENT, RECENCY
from ml.session_index import summed
from ml.sessions import Sessions
from ml.top import rank

AUDIENCE = "session"
FOLD_IN = "lists of viewed products"
K = 20
LIST_LENGTH = 50
MAX_TEST_SESSIONS = 5_000
SEGMENTS: Mapping[str, tuple[int, int]] = {
    "prefix 1": (1, 1),
    "prefix 2-3": (2, 3),
    "prefix over 3": (4, np.iinfo(np.int64).max),
}
"""Numbers of views before the predicted one."""


@dataclass(frozen=True, slots=True)
class SessionChoice:
    """Whether sessions have a model of their own, with the verdicts and the metrics behind it."""

    recipe: SessionKnn = field(default_factory=SessionKnn)
    verdicts: Sequence[Verdict] = ()
    measured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every verdict that could be measured passed, and there were enough sessions."""
        outcomes = {one.gate: one.outcome for one in self.verdicts}
        enough = outcomes.get(Gate.ENOUGH_USERS) is Outcome.PASSED
        return enough and all(one.outcome is not Outcome.FAILED for one in self.verdicts)

    def arrays(self, sessions: Sessions) -> dict[str, dict[str, NDArray[Any]]]:
        """Return the artefact of a model fitted to all sessions, by its name; nothing if it didn't pass."""
        return {"sessions": self.recipe.fit(sessions.sequences).arrays()} if self.passed else {}

    def as_dict(self) -> Mapping[str, Any]:
        """Return what is stored in a manifest."""
        recipe = {"name": self.recipe.name, "parameters": dict(self.recipe.parameters)}
        return {**recipe, "measured": dict(self.measured)}


def decide(hybrid: Candidate, test: TimeSplit | None, *, sessions: Sessions, pages: Pages) -> SessionChoice:
    """Return the choice from what was viewed after the time of the split; None is no split."""
    recipe = SessionKnn()
    if test is None:
        return SessionChoice(recipe, [_enough(0)])
    train = sessions.where(sessions.ended < test.split_at)
    later = _sample(sessions.where(sessions.began >= test.split_at))
    enough = _enough(len(later))
    if enough.outcome is not Outcome.PASSED or not len(train):
        return SessionChoice(recipe, [enough])
    fitted = recipe.fit(train.sequences)
    models: dict[str, NextItems] = {
        recipe.name: fitted,
        FOLD_IN: FoldIn.fitted(hybrid, test, pages=pages, tested=later.sequences),
        "popularity": Popular.of(train.sequences),
    }
    found = {name: _Measured.of(model, later.sequences) for name, model in models.items()}
    return SessionChoice(
        recipe,
        [enough, *_verdicts(found, recipe.name, split=test)],
        {"sessions": len(later), **{name: one.as_dict() for name, one in found.items()}},
    )


@dataclass(frozen=True, slots=True)
class FoldIn:
    """The lists of the viewed products, added up as `ml.serving` does for shoppers.

    `near` are the positions (items × length, UNKNOWN without one) and `scores` their scores.
    """

    near: Positions
    scores: NDArray[np.float64]

    @classmethod
    def fitted(cls, hybrid: Candidate, test: TimeSplit, *, pages: Pages, tested: Sequences) -> "FoldIn":
        """Return the lists of the products that occur in `tested`, made from what was known at the split."""
        pairs = training_pairs(hybrid, test.train, test.catalogue)
        fitted = pages.fitted(hybrid.model.fit(pairs, catalogue=test.catalogue), pairs)
        items = np.unique(tested.positions)
        columns = pairs.items.positions(tested.items.values[items])
        items, columns = items[columns != UNKNOWN], columns[columns != UNKNOWN]
        allowed = test.catalogue.sellable(pairs.items.values)
        ranked, values = rank(
            fitted, histories_of_one(len(pairs.items))[columns], k=LIST_LENGTH, allowed=allowed
        )
        near = np.full((len(tested.items), LIST_LENGTH), UNKNOWN)
        scores = np.zeros(near.shape)
        listed = tested.items.positions(pairs.items.values)
        near[items] = np.where((ranked != UNKNOWN) & (values > 0), listed[np.maximum(ranked, 0)], UNKNOWN)
        scores[items] = values
        return cls(near, scores)

    def next(self, prefix: Positions) -> tuple[Positions, NDArray[np.float64]]:
        """Return the items of the lists with the sums of their scores."""
        recent = list(dict.fromkeys(item for item in reversed(prefix.tolist()) if item != UNKNOWN))
        listed = np.array(
            [item for item in recent if (self.near[item] != UNKNOWN).any()][:MAX_RECENT], np.int64
        )
        items, scores = self.near[listed], self.scores[listed] * RECENCY ** np.arange(len(listed))[:, None]
        known = items != UNKNOWN
        return summed(items[known], scores[known], size=len(self.near))


@dataclass(frozen=True, slots=True)
class Popular:
    """The same items after every prefix: those that were viewed most."""

    items: Positions
    scores: NDArray[np.float64]

    @classmethod
    def of(cls, train: Sequences) -> "Popular":
        """Return the K items with the most views."""
        counts = np.bincount(train.positions, minlength=len(train.items)).astype(np.float64)
        items = np.sort(np.argsort(-counts, kind="stable")[:K])
        return cls(items, counts[items])

    def next(self, prefix: Positions) -> tuple[Positions, NDArray[np.float64]]:
        """Return the items with their numbers of views."""
        return self.items, self.scores


@dataclass(frozen=True, slots=True)
class _Measured:
    """The rank of each product that came next (0: not among the first K), with its session and prefix."""

    ranks: NDArray[np.int64]
    sessions: NDArray[np.int64]
    prefixes: NDArray[np.int64]
    covered: Positions

    @classmethod
    def of(cls, model: NextItems, test: Sequences) -> "_Measured":
        lengths = np.diff(test.starts) - 1
        sessions = np.repeat(np.arange(len(test)), lengths)
        prefixes = np.arange(len(sessions)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
        shown: set[int] = set()
        recorded = _Recorded(model, shown)
        found = ranks(recorded, test, k=K)
        return cls(found, sessions, prefixes, np.array(sorted(shown), np.int64))

    def reciprocal(self, chosen: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Return the mean reciprocal rank of each session that has chosen predictions."""
        values = np.where(self.ranks > 0, 1 / np.maximum(self.ranks, 1), 0.0)
        rows = np.ones(len(values), dtype=bool) if chosen is None else chosen
        counts = np.bincount(self.sessions[rows])
        sums = np.bincount(self.sessions[rows], weights=values[rows])
        return np.asarray(sums[counts > 0] / counts[counts > 0])

    def of_segment(self, name: str) -> NDArray[np.float64]:
        """Return the mean reciprocal rank of each session that has predictions in the segment."""
        least, most = SEGMENTS[name]
        return self.reciprocal((self.prefixes >= least) & (self.prefixes <= most))

    def as_dict(self) -> Mapping[str, Any]:
        hits = self.ranks > 0
        found: dict[str, Any] = {
            "predictions": len(self.ranks),
            f"mrr@{K}": float((1 / self.ranks[hits]).sum() / len(hits)),
            f"precision@{K}": float(hits.mean()),
        }
        segments = {name: self.of_segment(name) for name in SEGMENTS}
        return {**found, "segments": {name: float(one.mean()) for name, one in segments.items() if len(one)}}


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A model that records which items are in the first places of its lists."""

    model: NextItems
    shown: set[int]

    def next(self, prefix: Positions) -> tuple[Positions, NDArray[np.float64]]:
        items, scores = self.model.next(prefix)
        first = items if len(items) <= gates.COVERED else items[np.argsort(-scores)[: gates.COVERED]]
        self.shown.update(first.tolist())
        return items, scores


def _verdicts(found: Mapping[str, _Measured], name: str, *, split: TimeSplit) -> list[Verdict]:
    new, lists, popular = found[name], found[FOLD_IN], found["popularity"]
    values = {key: one.reciprocal() for key, one in found.items()}
    listed = int(sum(product.sellable for product in split.catalogue.products.values()))
    sides = {key: Ranked(values[key], len(one.covered)) for key, one in found.items()}
    verdicts = [
        _beats_lists(values[name] - values[FOLD_IN]),
        gates.beats_popularity(sides[name], sides["popularity"], algorithm=name),
        gates.coverage_floor(sides[name], None, sellable=listed or len(popular.covered), algorithm=name),
    ]
    of_segments = {
        key: np.concatenate([one.of_segment(segment) for segment in SEGMENTS])
        for key, one in ((name, new), (FOLD_IN, lists))
    }
    sizes = [len(new.of_segment(segment)) for segment in SEGMENTS]
    numbers = np.repeat(np.arange(len(SEGMENTS)), sizes)
    judged = gates.judge_persons(
        Comparison(
            new={name: Ranked(of_segments[name], 0)},
            popularity=Ranked(of_segments[FOLD_IN], 0),
            sellable=1,
            segments={segment: numbers == number for number, segment in enumerate(SEGMENTS)},
        )
    )
    verdicts += [one for one in judged if one.gate is Gate.NO_SEGMENT_COLLAPSES]
    return [
        msgspec.structs.replace(one, audience=AUDIENCE, reason=one.reason.replace("test users", "sessions"))
        for one in verdicts
    ]


def _enough(sessions: int) -> Verdict:
    verdict = gates.enough_users(sessions)
    reason = verdict.reason.replace("test users", "test sessions")
    return msgspec.structs.replace(verdict, audience=AUDIENCE, algorithm=SessionKnn.name, reason=reason)


def _beats_lists(difference: NDArray[np.float64]) -> Verdict:
    found = mean_interval(difference, confidence=gates.CONFIDENCE)
    return Verdict(
        gate=Gate.BEATS_LISTS,
        outcome=Outcome.PASSED if found.low > 0 else Outcome.FAILED,
        reason=f"{found.mean:+.4f} ({found.low:+.4f} to {found.high:+.4f}) against the lists of the viewed "
        "products; needs an interval above 0, else these are used",
        algorithm=SessionKnn.name,
        value=found.mean,
        low=found.low,
        high=found.high,
        limit=0.0,
        users=len(difference),
    )


def _sample(sessions: Sessions) -> Sessions:
    """Return at most MAX_TEST_SESSIONS of the sessions, the same in each run."""
    if len(sessions) <= MAX_TEST_SESSIONS:
        return sessions
    kept = np.zeros(len(sessions), dtype=bool)
    kept[np.random.default_rng(0).choice(len(sessions), MAX_TEST_SESSIONS, replace=False)] = True
    return sessions.where(kept)
