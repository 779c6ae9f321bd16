"""Drift of data and metrics: planted changes are named, and an unchanged shop has none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ml import drift, gates
from ml.dataset import InteractionLog
from ml.drift import FEWEST_VERSIONS, psi, robust_z
from ml.registry import Registry, Version
from ml.train import train
from tests.ml.unchanged_shop import VIEW, Shop, as_of, nights

FIRST_NIGHT, NIGHTS = 45, 12
Change = Callable[[InteractionLog, np.datetime64], InteractionLog]


def recent(log: InteractionLog, now: np.datetime64, *, days: int) -> np.ndarray:
    return np.asarray(log.times >= now - np.timedelta64(days, "D"))


def unchanged(log: InteractionLog, now: np.datetime64) -> InteractionLog:
    return log


def half_of_a_week_is_lost(log: InteractionLog, now: np.datetime64) -> InteractionLog:
    chance = np.random.default_rng(1).random(len(log))
    return log.where(~recent(log, now, days=7) | (chance < 0.5))


def nothing_arrives_for_two_days(log: InteractionLog, now: np.datetime64) -> InteractionLog:
    return log.where(~recent(log, now, days=2))


def one_category_is_viewed(log: InteractionLog, now: np.datetime64) -> InteractionLog:
    moved = recent(log, now, days=14) & (np.random.default_rng(1).random(len(log)) < 0.8)
    return replace(log, items=np.where(moved, log.items - log.items % 4, log.items))


def one_product_is_viewed(log: InteractionLog, now: np.datetime64) -> InteractionLog:
    moved = recent(log, now, days=28) & (np.random.default_rng(1).random(len(log)) < 0.5)
    return replace(log, items=np.where(moved, 7, log.items))


def nobody_buys_for_a_week(log: InteractionLog, now: np.datetime64) -> InteractionLog:
    weights = np.where(recent(log, now, days=7), np.float32(VIEW), log.weights)
    return replace(log, weights=weights)


def guests_flood_the_shop(log: InteractionLog, now: np.datetime64) -> InteractionLog:
    count = 3_000
    chance = np.random.default_rng(1)
    return InteractionLog(
        np.concatenate([log.users, np.char.add("guest-", np.arange(count).astype(str))]),
        np.concatenate([log.items, chance.integers(0, 120, count)]),
        np.concatenate([log.times, now - chance.integers(1, 5 * 86_400, count).astype("timedelta64[s]")]),
        np.concatenate([log.weights, np.full(count, VIEW, np.float32)]),
    )


def taste_is_gone(log: InteractionLog, now: np.datetime64) -> InteractionLog:
    """Return the log with the products of the last two weeks in another order."""
    late = np.flatnonzero(recent(log, now, days=14))
    items = log.items.copy()
    items[late] = items[np.random.default_rng(1).permutation(late)]
    return replace(log, items=items)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        pytest.param(half_of_a_week_is_lost, ["rows of the last week"], id="half of a week is lost"),
        pytest.param(
            nothing_arrives_for_two_days, ["hours since the last interaction"], id="nothing arrives"
        ),
        pytest.param(one_category_is_viewed, ["categories of interactions"], id="one category"),
        pytest.param(one_product_is_viewed, ["popularity of products"], id="one product"),
        pytest.param(
            nobody_buys_for_a_week, ["shoppers without a purchase in the last week"], id="nobody buys"
        ),
        pytest.param(
            guests_flood_the_shop,
            ["shoppers of the last week", "shoppers without a purchase in the last week"],
            id="guests",
        ),
        pytest.param(taste_is_gone, ["NDCG@20 of hybrid"], id="taste is gone"),
    ],
)
def test_a_planted_change_is_named(change: Change, names: list[str]) -> None:
    *before, last = nights(Shop(seed=3, days=60), first=FIRST_NIGHT, count=NIGHTS, change=change)

    assert [one.found for one in before] == [[]] * (NIGHTS - 1)
    assert set(names) <= {check.name for check in last.found}
    assert len(last.compared_with) == drift.VERSIONS


@pytest.mark.parametrize("visits", [8, 60])
def test_an_unchanged_shop_has_no_drift_in_twenty_nights(visits: int) -> None:
    shop = Shop(seed=5, days=70, visits=visits, shoppers=10 * visits)

    found = nights(shop, first=FIRST_NIGHT, count=20 + FEWEST_VERSIONS, change=unchanged)

    compared = [one for one in found if one.checks]
    assert len(compared) == 20
    assert [check for one in compared for check in one.found] == []


def test_a_shop_that_has_just_opened_is_not_compared() -> None:
    found = nights(Shop(seed=5, days=30), first=10, count=8, change=half_of_a_week_is_lost)

    names = {check.name for one in found for check in one.checks}
    assert names
    assert not {name for name in names if "week" in name}


def test_a_robust_z_is_not_moved_by_one_bad_night() -> None:
    before = [100.0, 101, 99, 100, 102, 98, 100, 101, 99, 1_000]

    assert robust_z(100, before) == 0
    assert robust_z(101, before) == pytest.approx(0.6745)
    assert robust_z(5, [5.0] * 6) == 0
    assert robust_z(6, [5.0] * 6) > drift.LEAST_Z


def test_a_psi_is_that_of_its_definition() -> None:
    new, old = {"a": 0.5, "b": 0.5}, {"a": 0.25, "b": 0.75}

    assert psi(new, old) == pytest.approx(0.25 * np.log(2) - 0.25 * np.log(0.5 / 0.75))
    assert psi(new, new) == 0
    assert psi({"a": 1.0}, {"b": 1.0}) == pytest.approx(2 * 0.9999 * np.log(10_000), rel=1e-3)


def test_training_stores_the_drift_and_leaves_back_tests_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry, shop = Registry(tmp_path), Shop(seed=3, days=60)
    log = shop.log()

    def night(day: int, *, back_test: bool = False) -> Version:
        data = as_of(log, shop.catalogue, day=day)
        now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day, hours=int(back_test))
        return train(data, registry=registry, now=now, back_test=back_test)

    versions = [night(day) for day in range(45, 51)]
    night(50, back_test=True)
    last = night(51)

    assert drift.stored(versions[4].manifest) == drift.Drift([], [])
    found = drift.stored(last.manifest)
    assert found is not None
    assert found.compared_with == [version.id for version in versions]
    assert {"NDCG@20 of hybrid", "coverage of the hybrid"} <= {check.name for check in found.checks}
    assert found.found == []


def test_a_changed_metric_says_what_the_comparison_on_the_same_rows_found() -> None:
    values = gates.Ranked(np.linspace(0, 1, 200), 20)
    verdict = gates.not_worse_than_serving(values, values, algorithm="hybrid")

    def manifest(mean: float) -> dict[str, object]:
        one = {"mean": mean, "low": mean - 0.001, "high": mean + 0.001, "users": 200}
        return {"by_segment": {"hybrid": {"all": one}}, "verdicts": [msgspec.to_builtins(verdict)]}

    before = [Version(str(place), Path(), manifest(0.1 + place / 10_000)) for place in range(6)]

    (check,) = drift.drift(manifest(0.05), before).found

    assert check.name == "NDCG@20 of hybrid"
    assert "Against what served on the same rows it is +0.0000" in check.reason
    assert check.reason.endswith("so the data changed")


def test_a_manifest_of_another_release_is_not_compared() -> None:
    before = [Version(str(place), Path(), {"data": {"all": 5}, "verdicts": []}) for place in range(6)]

    assert drift.drift({"data": {"rows": 1}}, before) == drift.Drift([], [])
