"""A generated shop that doesn't change: every day has shoppers, visits and purchases by the same rules."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from ml import contest, drift, gates, segments
from ml.catalogue import Catalogue, ProductFacts
from ml.contest import Candidate
from ml.dataset import InteractionLog
from ml.drift import Drift
from ml.gates import Comparison
from ml.models.item_knn import ItemKnn
from ml.models.popularity import Popularity
from ml.profiles import profile
from ml.registry import Version
from ml.training_data import TrainingData
from tests.ml.planted import KINDS

START = datetime(2026, 1, 1, tzinfo=UTC)
WEEKDAYS = (1.0, 0.9, 0.9, 1.0, 1.2, 1.5, 1.3)
SALE, VIEW = 5.0, 1.0


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Shoppers who each prefer one kind of product; a third buy sometimes.

    `visits` is their mean number on a day, `shoppers` and `products` how many there are.
    """

    seed: int
    days: int
    visits: float = 60
    shoppers: int = 600
    products: int = 120

    def log(self) -> InteractionLog:
        """Return all interactions of all days."""
        chance = np.random.default_rng(self.seed)
        users, items, times, weights = [], [], [], []
        for day in range(self.days):
            for _ in range(chance.poisson(self.visits * WEEKDAYS[day % 7])):
                user = int(chance.integers(self.shoppers))
                for _ in range(1 + chance.poisson(2)):
                    kind = user % len(KINDS) if chance.random() < 0.8 else int(chance.integers(len(KINDS)))
                    place = int(self.products / len(KINDS) * chance.random() ** 1.7)
                    users.append(user)
                    items.append(place * len(KINDS) + kind)
                    times.append(day * 86_400 + int(chance.integers(86_400)))
                    weights.append(SALE if user % 3 == 0 and chance.random() < 0.3 else VIEW)
        return InteractionLog(
            np.char.add("user-", np.array(users).astype(str)),
            np.array(items),
            np.datetime64(START.replace(tzinfo=None), "s") + np.array(times),
            np.array(weights, np.float32),
        )

    @property
    def catalogue(self) -> Catalogue:
        """Return the products, with their kind as category."""
        kinds = [KINDS[number % len(KINDS)] for number in range(self.products)]
        return Catalogue.of(
            [ProductFacts(number, f"{kind} {number}", category=(kind,)) for number, kind in enumerate(kinds)]
        )


def as_of(log: InteractionLog, catalogue: Catalogue, *, day: int) -> TrainingData:
    """Return the data of a night."""
    now = START + timedelta(days=day)
    known = log.where(log.times < np.datetime64(now.replace(tzinfo=None), "s"))
    return TrainingData(known, catalogue, now, known)


def measured(data: TrainingData) -> Mapping[str, object]:
    """Return the metrics of one recipe and of popularity, as a training stores them."""
    split = contest.split_log(data.log, data.catalogue, share=contest.TEST_SHARE)
    assert split is not None
    model, popular = (
        contest.measure(Candidate(model), split, part="test").ranked for model in (ItemKnn(), Popularity())
    )
    comparison = Comparison(new={"hybrid": model}, popularity=popular, sellable=len(data.catalogue))
    return {"by_segment": segments.by_segment(comparison), "verdicts": gates.judge_persons(comparison)}


def nights(
    shop: Shop, *, first: int, count: int, change: Callable[[InteractionLog, np.datetime64], InteractionLog]
) -> list[Drift]:
    """Return the drift of each night; `change` alters the log of the last night, given its time."""
    log, before, found = shop.log(), list[Version](), []
    for day in range(first, first + count):
        data = as_of(log, shop.catalogue, day=day)
        if day == first + count - 1:
            changed = change(data.log, np.datetime64(data.as_of.replace(tzinfo=None), "s"))
            data = replace(data, log=changed, histories=changed)
        facts = {"as_of": data.as_of.isoformat(), "data": profile(data), **measured(data)}
        manifest = json.loads(msgspec.json.encode(facts))
        found.append(drift.drift(manifest, before))
        before.append(Version(f"night-{day:03}", Path(), manifest))
    return found
