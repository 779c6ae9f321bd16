"""Candidates against each other on the same past: fitted before a moment, judged by what came after."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ml.catalogue import Catalogue
from ml.dataset import InteractionLog, Interactions, NothingToSplit, split_by_time
from ml.evaluate import evaluate
from ml.metrics import Marks
from ml.models import Fitted, Model
from ml.models.als import Als
from ml.models.blend import Blend, FittedBlend
from ml.models.content import Content
from ml.models.item_knn import ItemKnn
from ml.models.library import create, described
from ml.models.popularity import Popularity
from ml.registry import Version

K = 20
MOST_TESTED = 20_000
CONTENT_SHARES = (0.1, 0.3, 0.6)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recipe and how fast what it learns from fades; `serving` marks the one that shoppers get now."""

    model: Model
    half_life_days: float | None = None
    serving: bool = False

    @property
    def label(self) -> str:
        fading = "" if self.half_life_days is None else f", half-life {self.half_life_days:g} days"
        return f"{described(self.model)}{fading}"

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.model.name,
            "parameters": dict(self.model.parameters),
            "half_life_days": self.half_life_days,
        }


@dataclass(frozen=True, slots=True)
class Measured:
    candidate: Candidate
    marks: Marks
    seconds: float
    fitted: Fitted


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who won for each algorithm, and which of the winners beat popularity.

    Without enough of a past nobody is measured.
    """

    popularity: Candidate
    collaborative: Candidate
    content_based: Candidate
    hybrid: Candidate
    measured: Sequence[Measured]
    split_at: str | None
    beats_popularity: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Past:
    """A log cut in two: `train` until `split_at`, and in `test` what its users met first after it."""

    train: InteractionLog
    test: Interactions
    split_at: np.datetime64
    catalogue: Catalogue


POPULARITY = (Candidate(Popularity()), Candidate(Popularity(), half_life_days=30))
# A shop's taste moves with the seasons: most recipes do best when what they learn from fades.
COLLABORATIVE = (
    Candidate(ItemKnn()),
    Candidate(ItemKnn(), half_life_days=30),
    Candidate(ItemKnn(target_exponent=0.5), half_life_days=30),
    Candidate(Blend()),
    Candidate(Blend(), half_life_days=30),
    Candidate(Als(factors=32), half_life_days=30),
)
CONTENT = Candidate(Content())


def past_of(log: InteractionLog, catalogue: Catalogue, *, share: float) -> Past | None:
    """The log cut where its last `share` of rows begins; None if that leaves nothing to learn or to test."""
    if not len(log):
        return None
    at = np.sort(log.times)[int(len(log) * (1 - share))]
    try:
        before, after = split_by_time(log, at=at)
    except NothingToSplit:
        return None
    test = _first_meetings(before, after)
    return Past(before, test, at, catalogue) if test.matrix.nnz else None


def _first_meetings(before: InteractionLog, after: InteractionLog) -> Interactions:
    """What people met later for the first time: a list that names only what they know would gain nothing."""
    known = Interactions.of_pairs(before.users, before.items)
    users, items = known.users.positions(after.users), known.items.positions(after.items)
    pairs = known.matrix.tocoo()
    width = len(known.items)
    seen = (items >= 0) & np.isin(users * width + items, pairs.row.astype(np.int64) * width + pairs.col)
    new = after.where(~seen & (users >= 0))
    chosen = np.unique(new.users)
    if len(chosen) > MOST_TESTED:
        chosen = np.random.default_rng(0).choice(chosen, MOST_TESTED, replace=False)
        new = new.where(np.isin(new.users, chosen))
    return Interactions.of_pairs(new.users, new.items)


def decide(past: Past, *, serving: Version | None, report: Callable[[Measured], None]) -> Outcome:
    """The winner of each algorithm on this past, by NDCG.

    The marks of a winner are those it was chosen by: good for comparing, a little flattering in themselves.
    """

    def heard(measured: Iterator[Measured]) -> list[Measured]:
        found = []
        for one in measured:
            report(one)
            found.append(one)
        return found

    popular = heard(measure(POPULARITY, past))
    collaborative = heard(measure(_contenders(serving), past))
    (content,) = heard(measure([CONTENT], past))
    winner, baseline = best(collaborative), best(popular)
    hybrids = heard(measure_hybrids(winner, content, past))
    hybrid = best(hybrids)
    return Outcome(
        popularity=baseline.candidate,
        collaborative=winner.candidate,
        content_based=content.candidate,
        hybrid=hybrid.candidate,
        measured=[*popular, *collaborative, content, *hybrids],
        split_at=f"{past.split_at}Z",
        beats_popularity={
            name: one.marks.ndcg > baseline.marks.ndcg
            for name, one in (("collaborative", winner), ("content_based", content), ("hybrid", hybrid))
        },
    )


def _contenders(serving: Version | None) -> Sequence[Candidate]:
    if serving is None:
        return COLLABORATIVE
    recipe = serving.manifest["chosen"]["collaborative"]
    now_served = Candidate(
        create(recipe["name"], recipe["parameters"]), recipe["half_life_days"], serving=True
    )
    others = [one for one in COLLABORATIVE if replace(now_served, serving=False) != one]
    return [now_served, *others]


def unmeasured() -> Outcome:
    """The defaults, for a shop without enough of a past."""
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


def measure(candidates: Sequence[Candidate], past: Past) -> Iterator[Measured]:
    """Each candidate fitted on the earlier part, with its marks on the later one, as soon as it has them."""
    for candidate in candidates:
        train = training_pairs(candidate, past.train, past.catalogue)
        started = time.perf_counter()
        fitted = candidate.model.fit(train, catalogue=past.catalogue)
        seconds = time.perf_counter() - started
        yield Measured(candidate, evaluate(fitted, train=train, test=past.test, k=K), seconds, fitted)


def measure_hybrids(winner: Measured, content: Measured, past: Past) -> Iterator[Measured]:
    """The winner and the content model added up in several proportions, without fitting them again."""
    for share in CONTENT_SHARES:
        model = Blend((winner.candidate.model, content.candidate.model), (1.0, share))
        candidate = Candidate(model, winner.candidate.half_life_days)
        train = training_pairs(candidate, past.train, past.catalogue)
        fitted = FittedBlend((winner.fitted, content.fitted), (1.0, share))
        found = evaluate(fitted, train=train, test=past.test, k=K)
        yield Measured(candidate, found, winner.seconds + content.seconds, fitted)


def best(measured: Sequence[Measured]) -> Measured:
    """The one with the greatest NDCG; the earlier of two equals."""
    return max(measured, key=lambda one: one.marks.ndcg)


def training_pairs(candidate: Candidate, log: InteractionLog, catalogue: Catalogue) -> Interactions:
    """What the candidate learns from, with a column for every product of the catalogue."""
    return log.interactions(half_life_days=candidate.half_life_days, among=list(catalogue.products))


def as_record(one: Measured) -> Mapping[str, Any]:
    """What a manifest keeps of a measurement."""
    return {
        **one.candidate.as_dict(),
        "serving": one.candidate.serving,
        "marks": one.marks.as_dict(),
        "seconds": round(one.seconds, 2),
    }
