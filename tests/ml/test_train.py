"""Training, from interactions and products to a registered version."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from ml import contest
from ml.catalogue import Catalogue
from ml.contest import Measurement
from ml.dataset import InteractionLog
from ml.orders import Orders
from ml.product_pages import CONTENT_SHOPPERS, SEGMENTS
from ml.registry import Registry, Version
from ml.train import NoTrainingData, train
from ml.training_data import TrainingData
from tests.ml.planted import KINDS, planted_catalogue
from tests.ml.planted_log import PRODUCTS, planted_log
from tests.ml.taste_free import taste_free_log

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NOTHING = InteractionLog.empty()


def data(log: InteractionLog, catalogue: Catalogue) -> TrainingData:
    return TrainingData(log, catalogue, NOW, log)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    registry = Registry(tmp_path_factory.mktemp("models"))
    return train(data(planted_log(), planted_catalogue(PRODUCTS + 4)), registry=registry, now=NOW)


def test_the_winner_beats_popularity_on_later_interactions(version: Version) -> None:
    metrics = {name: entry["metrics"]["ndcg@20"] for name, entry in version.manifest["tested"].items()}

    assert metrics["collaborative"] > 1.3 * metrics["popularity"]


def test_every_algorithm_has_lists_for_users_and_products(version: Version) -> None:
    assert set(version.list_names) == {
        "everyone.popularity",
        "everyone.trending",
        "product.together",
        *(
            f"{subject}.{algorithm}"
            for subject in ("user", "product")
            for algorithm in ("collaborative", "content_based", "hybrid")
        ),
    }
    for name in version.list_names:
        assert len(version.lists(name)) == version.manifest["lists"][name]["subjects"]
        without_orders = name in ("everyone.trending", "product.together")
        assert len(version.lists(name)) > 0 or without_orders


@pytest.mark.parametrize("algorithm", ["collaborative", "content_based", "hybrid"])
def test_users_are_recommended_the_kind_that_they_prefer(version: Version, algorithm: str) -> None:
    lists = version.lists(f"user.{algorithm}")

    kinds = lists.products[:, :5] % len(KINDS)
    preferred = np.array([int(key.removeprefix("user-")) % len(KINDS) for key in lists.subjects])
    assert (kinds == preferred[:, None]).mean() > 0.8


def test_a_product_without_interactions_has_content_neighbours_only(version: Version) -> None:
    new_product = PRODUCTS + 2

    assert new_product not in version.lists("product.collaborative").subjects
    assert new_product in version.lists("product.content_based").subjects


def test_the_same_data_has_the_same_fingerprint(version: Version) -> None:
    again = data(planted_log(), planted_catalogue(PRODUCTS + 4))
    other = data(planted_log(users=199), planted_catalogue(PRODUCTS + 4))

    assert version.manifest["fingerprint"] == again.fingerprint() != other.fingerprint()


def test_the_recipe_that_is_served_is_measured_as_well(version: Version, tmp_path: Path) -> None:
    measured: list[Measurement] = []

    train(
        data(planted_log(), planted_catalogue(PRODUCTS)),
        registry=Registry(tmp_path),
        now=NOW,
        serving=version,
        report=measured.append,
    )

    (serving,) = (one.candidate for one in measured if one.candidate.serving and one.part == "choice")
    assert serving.as_dict() == version.manifest["chosen"]["collaborative"]


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        ({"name": "retired", "parameters": {}}, "no model 'retired'"),
        ({"name": "item_knn", "parameters": {"retired": 1}}, "does not accept this retired"),
        ({"name": "item_knn", "parameters": {"neighbours": "many"}}, "does not accept this neighbours"),
        (
            {"name": "blend", "parameters": {"members": [{"name": "retired"}], "shares": [1.0]}},
            "no model 'retired'",
        ),
    ],
)
def test_training_continues_if_the_served_recipe_is_not_available_in_this_release(
    version: Version, tmp_path: Path, recipe: dict[str, object], reason: str
) -> None:
    measured: list[Measurement] = []
    chosen = {**version.manifest["chosen"], "collaborative": {**recipe, "half_life_days": None}}
    served = replace(version, manifest={**version.manifest, "chosen": chosen})

    trained = train(
        data(planted_log(users=40), planted_catalogue(PRODUCTS)),
        registry=Registry(tmp_path),
        now=NOW,
        serving=served,
        report=measured.append,
    )

    assert reason in trained.manifest["served_recipe_problem"]
    assert measured
    assert not any(one.candidate.serving for one in measured)


def test_the_test_side_contains_no_pair_of_the_training_side() -> None:
    log = planted_log()

    split = contest.split_log(log, planted_catalogue(PRODUCTS), share=0.2)

    assert split is not None
    earlier = set(zip(split.train.users.tolist(), split.train.items.tolist(), strict=True))
    pairs = split.test.matrix.tocoo()
    later = zip(
        split.test.users.values[pairs.row].tolist(), split.test.items.values[pairs.col].tolist(), strict=True
    )
    assert not earlier & set(later)
    assert split.train.times.max() < split.split_at


def test_a_shop_without_interactions_gets_content_based_lists(tmp_path: Path) -> None:
    version = train(data(NOTHING, planted_catalogue(40)), registry=Registry(tmp_path), now=NOW)

    assert version.manifest["measured"] == []
    assert len(version.lists("product.content_based")) == 40
    assert len(version.lists("everyone.popularity")) == 0


def test_a_shop_with_one_interaction_per_customer_is_trained_without_metrics(tmp_path: Path) -> None:
    log = InteractionLog(
        np.array(["a", "b"]),
        np.array([1, 1]),
        np.array(["2026-01-01", "2026-01-02"], "datetime64[s]"),
        np.ones(2, np.float32),
    )

    version = train(data(log, planted_catalogue(8)), registry=Registry(tmp_path), now=NOW)

    assert version.manifest["measured"] == []
    assert version.lists("everyone.popularity").products[0, 0] == 1


def test_personal_lists_that_do_not_beat_popularity_are_left_out(tmp_path: Path) -> None:
    log = taste_free_log(3, skew=3)

    version = train(data(log, planted_catalogue(100)), registry=Registry(tmp_path), now=NOW)

    assert "user.collaborative" not in version.list_names
    assert "product.collaborative" in version.list_names


def test_without_interactions_and_products_nothing_is_registered(tmp_path: Path) -> None:
    with pytest.raises(NoTrainingData, match="neither interactions nor products"):
        train(data(NOTHING, Catalogue.of([])), registry=Registry(tmp_path), now=NOW)

    assert Registry(tmp_path).versions() == []


def test_the_page_of_a_rare_product_has_products_with_a_similar_text(tmp_path: Path) -> None:
    log, rare = planted_log(), PRODUCTS
    # It has one shopper, who prefers another kind of product.
    log.items[1] = rare
    assert log.users[1] == "user-0"
    assert rare % len(KINDS) == 0
    log.users[:2] = "user-1"
    pairs = np.repeat(np.arange(len(log) // 2), 2)
    orders = Orders(pairs, log.items, log.times[2 * pairs], log.users[2 * pairs].astype("S36"), pairs >= 0)

    version = train(
        TrainingData(log, planted_catalogue(PRODUCTS + 4), NOW, log, orders=orders),
        registry=Registry(tmp_path),
        now=NOW,
    )

    pages = version.manifest["product_pages"]
    assert pages["content_shoppers"] in CONTENT_SHOPPERS
    assert pages["measured"]["orders"] > 50
    assert pages["measured"]["segments"].keys() <= SEGMENTS.keys()
    lists = version.lists("product.hybrid")
    (row,) = np.flatnonzero(lists.subjects == rare)
    assert (lists.products[row, :5] % len(KINDS) == rare % len(KINDS)).all()
    learned = version.lists("product.collaborative")
    (row,) = np.flatnonzero(learned.subjects == rare)
    assert (learned.products[row, :5] % len(KINDS) != rare % len(KINDS)).any()
