"""Trains, measures and registers one version: `python -m ml.train [--as-of DATE]`."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ml import contest
from ml.catalogue import Catalogue
from ml.compose import everyones_list, product_lists, user_lists
from ml.contest import Candidate, Measured, Outcome
from ml.dataset import InteractionLog, Interactions, moment
from ml.lists import Lists
from ml.registry import Registry, Version

LIST_LENGTH = 50
TEST_SHARE = 0.15
# What promises to know a taste has to find more of it than popularity does, or nobody is shown it. Content
# promises something else: likeness, for products that nobody has met yet.
GATED = frozenset({"collaborative", "hybrid"})


class NothingToLearnFrom(ValueError):
    """The warehouse has neither interactions nor products."""

    def __init__(self, as_of: datetime) -> None:
        super().__init__(
            f"as of {as_of:%Y-%m-%d %H:%M} UTC the warehouse knows neither interactions nor products; "
            "import a catalogue or let the relay and the ingest run first"
        )


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What was known at `as_of`."""

    log: InteractionLog
    catalogue: Catalogue
    as_of: datetime

    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.log.fingerprint()}{self.catalogue.fingerprint()}".encode()).hexdigest()


def train(
    data: TrainingData,
    *,
    registry: Registry,
    now: datetime,
    serving: Version | None = None,
    report: Callable[[Measured], None] = lambda _: None,
) -> Version:
    """Registers a version trained on everything in `data`, its recipes chosen on a split by time.

    `serving` takes part with its recipe. `report` hears each measurement. Raises NothingToLearnFrom.
    """
    if not len(data.log) and not len(data.catalogue):
        raise NothingToLearnFrom(data.as_of)
    past = contest.past_of(data.log, data.catalogue, share=TEST_SHARE)
    outcome = contest.unmeasured() if past is None else contest.decide(past, serving=serving, report=report)
    lists, made_by = compose(outcome, data)
    facts = {
        "fingerprint": data.fingerprint(),
        "as_of": data.as_of.isoformat(),
        "rows": len(data.log),
        "products": len(data.catalogue),
        "split_at": outcome.split_at,
        "beats_popularity": dict(outcome.beats_popularity),
        "chosen": {
            name: getattr(outcome, name).as_dict()
            for name in ("popularity", "collaborative", "content_based", "hybrid")
        },
        "measured": [contest.as_record(one) for one in outcome.measured],
    }
    return registry.register(lists=lists, made_by=made_by, facts=facts, now=now)


def compose(outcome: Outcome, data: TrainingData) -> tuple[dict[str, Lists], dict[str, str]]:
    """All lists of a version and the name of the model that made each, by `subject.algorithm`."""
    lists: dict[str, Lists] = {}
    made_by: dict[str, str] = {}
    for algorithm in ("collaborative", "content_based", "hybrid"):
        candidate: Candidate = getattr(outcome, algorithm)
        made = _personal(candidate, data, algorithm=algorithm)
        if algorithm in GATED and not outcome.beats_popularity.get(algorithm, True):
            del made[f"user.{algorithm}"]
        lists |= made
        made_by |= dict.fromkeys(made, candidate.model.name)
    lists["everyone.popularity"] = _popular(outcome.popularity, data)
    made_by["everyone.popularity"] = outcome.popularity.model.name
    return lists, made_by


def _personal(candidate: Candidate, data: TrainingData, *, algorithm: str) -> dict[str, Lists]:
    pairs, allowed = _everything(candidate, data)
    fitted = candidate.model.fit(pairs, catalogue=data.catalogue)
    near = product_lists(fitted, pairs, allowed=allowed, length=LIST_LENGTH)
    people = user_lists(fitted, pairs, allowed=allowed, length=LIST_LENGTH, near=near)
    return {f"product.{algorithm}": near, f"user.{algorithm}": people}


def _popular(candidate: Candidate, data: TrainingData) -> Lists:
    pairs, allowed = _everything(candidate, data)
    return everyones_list(candidate.model.fit(pairs), pairs, allowed=allowed, length=LIST_LENGTH)


def _everything(candidate: Candidate, data: TrainingData) -> tuple[Interactions, NDArray[np.bool_]]:
    pairs = contest.training_pairs(candidate, data.log, data.catalogue, now=moment(data.as_of))
    return pairs, data.catalogue.sellable(pairs.items.values)
