"""Gates: what passes, what fails, and what isn't measurable."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ml import contest, gates
from ml.dataset import InteractionLog
from ml.gates import Comparison, DataFacts, Gate, Outcome, Ranked, Verdict
from ml.registry import Registry, Version
from ml.train import train
from ml.training_data import TrainingData
from tests.ml.planted import planted_catalogue
from tests.ml.planted_log import PRODUCTS, planted_log
from tests.ml.taste_free import PRODUCTS as TASTE_FREE_PRODUCTS
from tests.ml.taste_free import taste_free_log

NOW = datetime(2026, 3, 1, tzinfo=UTC)
USERS = 400
SKEWS = (1.0, 1.5, 3.0)


def ranked(mean: float, *, seed: int, users: int = USERS, covered: int = 50) -> Ranked:
    """Return a metric of each user with this mean."""
    return Ranked(np.random.default_rng(seed).gamma(2, mean / 2, users), covered)


def shifted(other: Ranked, by: float, *, noise: float = 0.02) -> Ranked:
    """Return a metric that differs from another by `by` on average."""
    chance = np.random.default_rng(9)
    return Ranked(other.values + by + chance.normal(0, noise, len(other.values)), other.covered)


POPULAR = ranked(0.13, seed=1)


def trained(
    log: InteractionLog, folder: Path, *, serving: Version | None = None, back_test: bool = False
) -> Version:
    data = TrainingData(log, planted_catalogue(PRODUCTS), NOW, log)
    return train(data, registry=Registry(folder), now=NOW, serving=serving, back_test=back_test)


def verdict(version: Version, gate: Gate, *, algorithm: str = "", segment: str = "") -> Verdict:
    found = gates.stored_verdicts(version.manifest) or []
    (one,) = [
        one
        for one in found
        if one.gate is gate and one.algorithm == algorithm and one.segment in {segment, ""}
    ]
    return one


def test_planted_taste_passes_every_gate(tmp_path: Path) -> None:
    version = trained(planted_log(), tmp_path)

    found = gates.stored_verdicts(version.manifest)
    assert found is not None
    deciding = [one for one in found if one.gate not in gates.CHOOSES_A_RECIPE]
    assert [one for one in deciding if one.outcome is Outcome.FAILED] == []
    assert gates.published_algorithms(found) == ["collaborative", "hybrid"]
    assert gates.refusals(version.manifest, serving=None) == []


@pytest.mark.slow
def test_of_data_without_taste_hardly_any_passes() -> None:
    catalogue = planted_catalogue(TASTE_FREE_PRODUCTS)
    passed = []
    with threadpool_limits(1):
        for seed in range(20):
            splits = contest.split_in_three(taste_free_log(seed, skew=SKEWS[seed % len(SKEWS)]), catalogue)
            assert splits is not None
            chosen = contest.decide(*splits, served=None, report=lambda _: None)
            passed.append(bool(gates.published_algorithms(gates.judge_persons(chosen.comparison))))

    assert sum(passed) == 0


def test_one_user_is_not_measurable(tmp_path: Path) -> None:
    version = trained(planted_log(users=1, each=60), tmp_path)

    found = verdict(version, Gate.ENOUGH_USERS)
    assert (found.outcome, found.users) == (Outcome.NOT_MEASURABLE, 1)
    assert "user.collaborative" not in version.list_names
    assert "user.hybrid" not in version.list_names
    assert "product.hybrid" in version.list_names


@pytest.mark.parametrize(("users", "outcome"), [(99, Outcome.NOT_MEASURABLE), (100, Outcome.PASSED)])
def test_a_hundred_users_are_enough(users: int, outcome: Outcome) -> None:
    assert gates.enough_users(users).outcome is outcome


@pytest.mark.parametrize(
    ("gain", "outcome"), [(0.0004, Outcome.FAILED), (0.002, Outcome.FAILED), (0.01, Outcome.PASSED)]
)
def test_popularity_is_beaten_by_more_than_noise_and_by_two_percent(gain: float, outcome: Outcome) -> None:
    new = shifted(POPULAR, gain, noise=0.005)

    assert gates.beats_popularity(new, POPULAR, algorithm="collaborative").outcome is outcome


def test_a_hybrid_that_wins_by_noise_loses_to_its_part() -> None:
    part, weak = ranked(0.1326, seed=3), ranked(0.05, seed=4)
    hybrid = shifted(part, 0.0004)

    found = gates.beats_parts(hybrid, {"collaborative": part, "content_based": weak}, algorithm="hybrid")

    assert found.outcome is Outcome.FAILED
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high
    assert "collaborative" in found.reason
    better = gates.beats_parts(shifted(part, 0.01), {"collaborative": part}, algorithm="hybrid")
    assert better.outcome is Outcome.PASSED


def test_personal_lists_are_made_by_the_part_that_a_hybrid_does_not_beat(tmp_path: Path) -> None:
    log = planted_log()
    # Titles name no kind, so that the content model has nothing to add.
    catalogue = planted_catalogue(PRODUCTS)
    for product in catalogue.products.values():
        object.__setattr__(product, "title", f"item {product.product_id * 7919 % 13}")
        object.__setattr__(product, "category", ())
    data = TrainingData(log, catalogue, NOW, log)

    version = train(data, registry=Registry(tmp_path), now=NOW)

    assert verdict(version, Gate.BEATS_PARTS, algorithm="hybrid").outcome is Outcome.FAILED
    assert version.manifest["chosen"]["person"] == version.manifest["chosen"]["collaborative"]
    hybrid, part = version.lists("user.hybrid"), version.lists("user.collaborative")
    np.testing.assert_array_equal(hybrid.products, part.products)


@pytest.mark.parametrize(
    ("change", "noise", "outcome"),
    [
        (0.0, 0.001, Outcome.PASSED),
        (-0.001, 0.001, Outcome.PASSED),
        (-0.01, 0.001, Outcome.FAILED),
        (0.0, 0.3, Outcome.FAILED),
    ],
    ids=["the same", "within two percent", "worse", "too uncertain"],
)
def test_a_recipe_replaces_the_serving_one_only_if_it_is_surely_not_worse(
    change: float, noise: float, outcome: Outcome
) -> None:
    new = shifted(POPULAR, change, noise=noise)

    assert gates.not_worse_than_serving(new, POPULAR, algorithm="hybrid").outcome is outcome


def judged(new: NDArray[np.float64], segments: dict[str, NDArray[np.bool_]]) -> list[Verdict]:
    compared = Comparison(
        new={"collaborative": Ranked(new, 50)}, popularity=POPULAR, sellable=100, segments=segments
    )
    return gates.judge_persons(compared)


def test_a_segment_that_collapses_stops_the_lists_although_the_mean_rises() -> None:
    cold = np.arange(USERS) < 60
    new = np.where(cold, POPULAR.values * 0.5, POPULAR.values * 1.5)

    found = judged(new, {"cold": cold, "heavy": ~cold})

    outcomes = {(one.gate, one.segment): one.outcome for one in found}
    assert outcomes[Gate.BEATS_POPULARITY, ""] is Outcome.PASSED
    assert outcomes[Gate.NO_SEGMENT_COLLAPSES, "cold"] is Outcome.FAILED
    assert outcomes[Gate.NO_SEGMENT_COLLAPSES, "heavy"] is Outcome.PASSED
    assert gates.published_algorithms(found) == []


def test_a_segment_of_few_users_is_not_measurable_and_stops_nothing() -> None:
    cold = np.arange(USERS) < 49
    found = judged(np.where(cold, 0, POPULAR.values * 1.5), {"cold": cold, "heavy": ~cold})

    outcomes = {one.segment: one.outcome for one in found if one.gate is Gate.NO_SEGMENT_COLLAPSES}
    assert outcomes == {"cold": Outcome.NOT_MEASURABLE, "heavy": Outcome.PASSED}
    assert gates.published_algorithms(found) == ["collaborative"]


@pytest.mark.parametrize(
    ("covered", "serving", "sellable", "outcome"),
    [
        (20, None, 1_000, Outcome.PASSED),
        (19, None, 1_000, Outcome.FAILED),
        (49, 100, 1_000, Outcome.FAILED),
        (50, 100, 1_000, Outcome.PASSED),
        (80, None, 1_000_000, Outcome.PASSED),
    ],
    ids=["two percent", "less", "under half of serving", "half of serving", "more products than places"],
)
def test_the_first_places_cover_enough_products(
    covered: int, serving: int | None, sellable: int, outcome: Outcome
) -> None:
    before = None if serving is None else ranked(0.1, seed=2, covered=serving)

    found = gates.coverage_floor(
        ranked(0.1, seed=1, covered=covered), before, sellable=sellable, algorithm="hybrid"
    )

    assert found.outcome is outcome


FACTS = DataFacts(rows=10_000, products=2_000, last_interaction="2026-02-28T10:00:00+00:00", back_test=False)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"products": 152}, "152 products, less than half of the 2000"),
        ({"rows": 4_999}, "4999 rows"),
        ({"last_interaction": "2026-02-27T09:00:00+00:00"}, "its last interaction"),
        ({"last_interaction": None}, "its last interaction is of no time"),
        ({"back_test": True}, "a back-test"),
    ],
    ids=["products", "rows", "older", "no interaction", "back-test"],
)
def test_less_data_than_what_serves_is_refused_by_name(facts: dict[str, object], reason: str) -> None:
    manifest = {"rows": 10_000, "products": 2_000, "last_interaction": FACTS.last_interaction, **facts}

    found = gates.data_complete(DataFacts.of(manifest), FACTS)

    assert found.outcome is Outcome.FAILED
    assert reason in str(found)


def test_the_same_data_and_data_of_a_manifest_without_the_last_time_pass() -> None:
    assert gates.data_complete(FACTS, FACTS).outcome is Outcome.PASSED
    earlier = DataFacts.of({"rows": 10_000, "products": 2_000})
    assert gates.data_complete(FACTS, earlier).outcome is Outcome.PASSED


def test_lists_that_are_too_large_are_refused() -> None:
    assert gates.budgets(10_000_000, subjects=3).outcome is Outcome.PASSED
    assert gates.budgets(350_000_000, subjects=100_000).outcome is Outcome.PASSED
    assert gates.budgets(351_000_000, subjects=100_000).outcome is Outcome.FAILED


def test_a_version_whose_lists_are_found_slowly_is_refused() -> None:
    assert gates.lookups(20e-6).outcome is Outcome.PASSED
    slow = gates.lookups(201e-6)
    assert (slow.outcome, slow.reason) == (Outcome.FAILED, "201 µs a look-up; at most 200 µs")
    assert gates.refusals({"lists": {}, "verdicts": [msgspec.to_builtins(slow)]}, serving=None) == [slow]


def test_a_version_that_would_lose_the_personal_lists_is_refused(tmp_path: Path) -> None:
    serving = trained(planted_log(), tmp_path / "before")
    catalogue = planted_catalogue(PRODUCTS)
    log = taste_free_log(3)
    data = TrainingData(log, catalogue, NOW, log)
    version = train(data, registry=Registry(tmp_path / "after"), now=NOW, serving=serving)

    found = gates.refusals(version.manifest, serving=serving.manifest)

    refused = {one.gate: str(one) for one in found}
    assert "beats_popularity" in refused[Gate.KEEPS_AUDIENCES]
    before_gates = {key: value for key, value in serving.manifest.items() if key != "verdicts"}
    lost = [
        one
        for one in gates.refusals(version.manifest, serving=before_gates)
        if one.gate is Gate.KEEPS_AUDIENCES
    ]
    assert lost == [], "lists that were never judged may be lost"


def test_a_version_without_verdicts_is_refused() -> None:
    manifest = {"rows": 1, "products": 1, "lists": {}}

    assert [one.gate for one in gates.refusals(manifest, serving=None)] == [Gate.JUDGED]


def test_a_back_test_is_refused_beside_nothing(tmp_path: Path) -> None:
    version = trained(planted_log(users=40), tmp_path, back_test=True)

    assert [one.gate for one in gates.refusals(version.manifest, serving=None)] == [Gate.DATA_COMPLETE]


def test_recipes_are_chosen_on_one_part_and_measured_on_a_later_one(tmp_path: Path) -> None:
    version = trained(planted_log(), tmp_path)

    assert {one["part"] for one in version.manifest["measured"]} == {"choice"}
    assert {one["part"] for one in version.manifest["tested"].values()} == {"test"}
    splits = contest.split_in_three(planted_log(), planted_catalogue(PRODUCTS))
    assert splits is not None
    choice, test = splits
    assert choice.train.times.max() < choice.split_at <= test.train.times.max() < test.split_at
    assert [round(len(one.train) / len(planted_log()), 2) for one in splits] == [0.7, 0.85]
