"""What customers buy again: planted cycles are found, chance isn't, and an audience that fails has no lists."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml import buying_again, gates
from ml.buying_again import DECAY, LIST, SEGMENTS, BuyingAgain, NextBaskets, decide, histories, lists_of
from ml.catalogue import Catalogue, ProductFacts
from ml.dataset import Ids, InteractionLog
from ml.gates import Gate, Outcome
from ml.lists import NO_PRODUCT
from ml.models.buy_again import BuyAgain
from ml.orders import Orders
from ml.registry import Registry, Version
from ml.train import train
from ml.training_data import TrainingData
from tests.ml.test_train import NOW

START = np.datetime64("2026-01-01T12:00:00", "s")
PRODUCTS, CUSTOMERS, WEEKS = 200, 150, 12
CATALOGUE = Catalogue.of(
    [ProductFacts(n, title=f"product {n}", sellable=n != PRODUCTS) for n in range(1, PRODUCTS + 1)]
)
SPLIT = [START + np.timedelta64(days, "D") for days in (56, 70)]


def orders(rows: Sequence[tuple[str, float, Sequence[int]]]) -> Orders:
    """Return orders of (buyer, day, products); buyers named "guest…" have no account."""
    flat = [(n, buyer, day, item) for n, (buyer, day, items) in enumerate(rows) for item in items]
    numbers, buyers, days, items = (np.array(column) for column in zip(*flat, strict=True))
    keys = buyers.astype("S36")
    times = START + (days * 86_400).astype("timedelta64[s]")
    return Orders(numbers, items, times, keys, ~np.char.startswith(keys, b"guest"))


def shop(*, habits: bool) -> Orders:
    """Return a basket a week of each customer: with habits three of it are the customer's own products."""
    rng = np.random.default_rng(8)
    own = rng.integers(1, PRODUCTS, (CUSTOMERS, 3))
    rows = []
    for customer in range(CUSTOMERS):
        for week in range(WEEKS):
            # Some began late, so that there are customers with few baskets.
            if week >= customer % 8:
                chance = rng.integers(1, PRODUCTS, 4).tolist()
                usual = own[customer].tolist() if habits else rng.integers(1, PRODUCTS, 3).tolist()
                rows.append(
                    (f"account-{customer}", week * 7 + rng.random(), list(dict.fromkeys(usual + chance)))
                )
    return orders(rows)


def test_the_next_basket_of_customers_with_two_baskets_is_tested() -> None:
    placed = orders(
        [
            ("account-a", 1, [1, 2]),
            ("account-a", 3, [1]),
            ("account-a", 12, [1, 7]),
            ("account-a", 13, [8]),
            ("account-b", 1, [1]),
            ("account-b", 11, [1]),
            ("guest-c", 1, [1]),
            ("guest-c", 2, [1]),
            ("guest-c", 12, [1]),
            ("account-d", 1, [4]),
            ("account-d", 2, [4]),
        ]
    )

    test = NextBaskets.of(placed.where(placed.by_account), CATALOGUE, since=START + np.timedelta64(10, "D"))

    assert test.train.ids.values[test.customers].tolist() == [b"account-a"]
    assert (test.truth.indices + 1).tolist() == [1, 7]
    assert test.sizes.tolist() == [2]
    assert test.baskets.tolist() == [2]
    assert test.segments()["baskets 2-3"].tolist() == [True]


def test_ages_count_later_baskets() -> None:
    placed = orders(
        [("account-a", 5, [3]), ("account-b", 1, [4]), ("account-a", 1, [1, 2]), ("account-a", 9, [1])]
    )

    found = histories(placed, Ids.of(np.arange(1, 10)))

    rows = zip(found.ids.values[found.shoppers].tolist(), found.positions + 1, found.ages, strict=True)
    assert sorted((key.decode(), int(item), int(age)) for key, item, age in rows) == [
        ("account-a", 1, 0),
        ("account-a", 1, 2),
        ("account-a", 2, 2),
        ("account-a", 3, 1),
        ("account-b", 4, 0),
    ]


def test_habits_are_found_and_pass_the_gates() -> None:
    found = decide(shop(habits=True), CATALOGUE, SPLIT)

    assert found.passed
    outcomes = {(one.gate, one.segment): one.outcome for one in found.verdicts}
    assert outcomes[Gate.BEATS_POPULARITY, ""] is Outcome.PASSED
    assert {segment for _, segment in outcomes} == {"", *SEGMENTS}
    assert {one.audience for one in found.verdicts} == {gates.BUYING_AGAIN}
    mean, low, high = found.measured["against popularity"]["all"]
    assert 0.1 < low < mean < high
    lists = found.lists(shop(habits=True), CATALOGUE)[LIST]
    assert len(lists) == CUSTOMERS
    rng = np.random.default_rng(8)
    own = rng.integers(1, PRODUCTS, (CUSTOMERS, 3))
    for row in (0, 7, 99):
        key = str(lists.subjects[row])
        usual = set(own[int(key.removeprefix("account-"))].tolist())
        assert usual <= set(lists.products[row, :5].tolist())


def test_chance_purchases_give_no_lists() -> None:
    found = decide(shop(habits=False), CATALOGUE, SPLIT)

    assert not found.passed
    assert found.lists(shop(habits=False), CATALOGUE) == {}


def test_too_few_customers_and_no_split_are_not_measurable() -> None:
    few = shop(habits=True)
    few = few.where(few.buyers < b"account-2")

    for found in (decide(few, CATALOGUE, SPLIT), decide(few, CATALOGUE, None)):
        (verdict,) = found.verdicts
        assert verdict.outcome is Outcome.NOT_MEASURABLE
        assert "customers with a next basket" in verdict.reason
        assert not found.passed
    assert not BuyingAgain().passed


def test_lists_have_only_what_the_account_bought_and_what_can_be_bought() -> None:
    placed = orders(
        [
            ("account-a", 1, [1, 2]),
            ("account-a", 3, [2, PRODUCTS]),
            ("account-b", 1, [5]),
            ("guest-c", 1, [6]),
        ]
    )

    for recipe in (DECAY, BuyAgain()):
        lists = lists_of(recipe, placed, CATALOGUE)
        found = {
            str(key): [int(one) for one in row if one != NO_PRODUCT]
            for key, row in zip(lists.subjects, lists.products, strict=True)
        }
        assert found == {"account-a": [2, 1], "account-b": [5]}
    assert len(lists_of(DECAY, Orders.empty(), CATALOGUE)) == 0


def test_decay_alone_ranks_as_the_model_with_neighbours_that_weigh_nothing() -> None:
    placed = histories(shop(habits=True), Ids.of(list(CATALOGUE.products)))

    alone, both = BuyAgain(decay=0.9, own=1.0).fit(placed), BuyAgain(decay=0.9, own=0.5).fit(placed)

    own, others = both.parts(placed)
    np.testing.assert_allclose(alone.score(placed), both.combined(own, others, share=1.0), rtol=1e-5)


def test_neighbours_are_not_searched_among_very_many_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    placed = histories(shop(habits=True), Ids.of(list(CATALOGUE.products)))
    assert len(buying_again.candidates(placed)) == 3

    monkeypatch.setattr(buying_again, "MAX_COMPARED", CUSTOMERS - 1)

    assert buying_again.candidates(placed) == (DECAY,)


def test_only_the_last_customers_have_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buying_again, "MAX_CUSTOMERS", 2)
    rows = [(f"account-{n}", n, [n]) for n in (3, 1, 2)]

    lists = lists_of(DECAY, orders(rows), CATALOGUE)

    assert lists.subjects.tolist() == ["account-2", "account-3"]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    placed = shop(habits=True)
    log = InteractionLog(placed.buyers, placed.items, placed.times, np.ones(len(placed), np.float32))
    data = TrainingData(log, CATALOGUE, NOW, log, orders=placed)
    return train(data, registry=Registry(tmp_path_factory.mktemp("models")), now=NOW)


def test_a_version_has_the_lists_and_the_recipe_and_is_compared_with_what_serves(
    version: Version, tmp_path: Path
) -> None:
    stored = version.manifest["buying_again"]

    assert LIST in version.list_names
    assert version.manifest["lists"][LIST]["model"] == stored["name"]
    recipe = buying_again.served_recipe(version)
    assert recipe is not None
    assert recipe.name == stored["name"]
    again = decide(shop(habits=True), CATALOGUE, SPLIT, serving=version)
    (kept,) = [one for one in again.verdicts if one.gate is Gate.NOT_WORSE_THAN_SERVING]
    assert kept.outcome is Outcome.PASSED
    unknown = {**version.manifest, "buying_again": {"name": "retired", "parameters": {}}}
    assert buying_again.served_recipe(replace(version, manifest=unknown)) is None


def test_a_version_that_would_lose_the_lists_is_refused(version: Version) -> None:
    left = {name: entry for name, entry in version.manifest["lists"].items() if name != LIST}
    without = {**version.manifest, "lists": left}

    assert gates.refusals(version.manifest, serving=version.manifest) == []
    (refusal,) = gates.refusals(without, serving=version.manifest)
    assert refusal.gate is Gate.KEEPS_AUDIENCES
    assert refusal.audience == gates.BUYING_AGAIN
    assert gates.refusals(without, serving=without) == []
