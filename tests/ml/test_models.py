"""The contract of all models, tested on generated data with known preferences."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from ml import contest
from ml.catalogue import Catalogue, ProductFacts
from ml.dataset import Interactions, Scores
from ml.evaluate import evaluate
from ml.models import CatalogueNeeded, Fitted, ModelTooLarge, library
from ml.models.best import Best
from ml.models.blend import Blend
from ml.models.content import Content
from ml.models.item_knn import ItemKnn
from ml.models.library import MODELS, UnknownModel, create
from ml.models.local_ridge import LocalRidge
from ml.models.low_pass import LowPass
from ml.models.popularity import Popularity
from ml.models.recipe import InvalidParameter
from ml.models.shares import learn_shares, pooled
from ml.models.weighted_ease import NotInvertible, WeightedEase
from ml.top import rank
from tests.ml.planted import PlantedData, planted_data

ALL = sorted(MODELS)
PERSONAL = sorted(set(MODELS) - {"popularity"})
# With one factor for each product, the model would memorise the generated data.
PARAMETERS: dict[str, dict[str, object]] = {"als": {"factors": 8}}


@pytest.fixture(scope="module")
def data() -> PlantedData:
    return planted_data()


@pytest.fixture(scope="module")
def fitted(data: PlantedData) -> dict[str, Fitted]:
    return {
        name: create(name, PARAMETERS.get(name)).fit(data.train, catalogue=data.catalogue) for name in ALL
    }


@pytest.mark.parametrize("name", ALL)
def test_scores_are_a_finite_float32_matrix_of_users_by_items(
    fitted: dict[str, Fitted], data: PlantedData, name: str
) -> None:
    scores = fitted[name].score(data.train.matrix[:10])

    assert scores.shape == (10, data.train.matrix.shape[1])
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", ALL)
def test_the_scores_of_a_user_without_history_are_finite(
    fitted: dict[str, Fitted], data: PlantedData, name: str
) -> None:
    empty = csr_array((1, data.train.matrix.shape[1]), dtype=np.float32)

    assert np.isfinite(fitted[name].score(empty)).all()


@pytest.mark.parametrize("name", ALL)
def test_a_users_scores_do_not_depend_on_other_users_in_the_batch(
    fitted: dict[str, Fitted], data: PlantedData, name: str
) -> None:
    together = fitted[name].score(data.train.matrix[:8])

    alone = fitted[name].score(data.train.matrix[3:4])

    np.testing.assert_allclose(together[3], alone[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_fitting_does_not_change_the_training_data(data: PlantedData, name: str) -> None:
    before = data.train.matrix.copy()

    create(name).fit(data.train, catalogue=data.catalogue).score(data.train.matrix)

    assert (before != data.train.matrix).nnz == 0


@pytest.mark.parametrize("name", ALL)
def test_fitting_twice_gives_the_same_scores(fitted: dict[str, Fitted], data: PlantedData, name: str) -> None:
    again = create(name, PARAMETERS.get(name)).fit(data.train, catalogue=data.catalogue)

    np.testing.assert_allclose(
        again.score(data.train.matrix[:5]), fitted[name].score(data.train.matrix[:5]), rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("name", PERSONAL)
def test_a_personal_model_learns_preferences_that_popularity_cannot(
    fitted: dict[str, Fitted], data: PlantedData, name: str
) -> None:
    popular = evaluate(fitted["popularity"], train=data.train, test=data.test, k=10)

    found = evaluate(fitted[name], train=data.train, test=data.test, k=10)

    assert found.recall > 1.6 * popular.recall
    assert found.ndcg > 1.6 * popular.ndcg


@pytest.mark.parametrize("name", PERSONAL)
def test_a_single_product_leads_to_products_of_its_kind(
    fitted: dict[str, Fitted], data: PlantedData, name: str
) -> None:
    items = data.train.matrix.shape[1]
    one_each = csr_array(np.eye(items, dtype=np.float32))

    ranked, _ = rank(fitted[name], one_each, k=5)

    same = [[data.kind(j) == data.kind(i) for j in row] for i, row in enumerate(ranked)]
    assert np.mean(same) > 0.85


def test_popularity_ranks_by_the_weight_of_all_interactions() -> None:
    pairs = Interactions.of_pairs([1, 2, 3, 1, 2, 3], [10, 10, 10, 20, 20, 30])

    ranked, _ = rank(create("popularity").fit(pairs), csr_array((1, 3), dtype=np.float32), k=3)

    assert pairs.items.values[ranked[0]].tolist() == [10, 20, 30]


def test_the_weights_of_item_knn_equal_the_published_formula() -> None:
    pairs = Interactions.of_pairs([1, 1, 2, 2, 2, 3], [10, 20, 10, 20, 30, 30])
    dense = pairs.matrix.toarray()
    damped = dense * (dense.sum(axis=1) ** -0.3)[:, None]
    counts, degree = damped.T @ dense, dense.sum(axis=0)
    expected = counts * (degree**-0.5)[:, None] * (degree**-0.3)[None, :] * counts / (counts + 0.1)
    expected = expected**1.2
    np.fill_diagonal(expected, 0)

    np.testing.assert_allclose(ItemKnn().fit(pairs).weights.toarray(), expected, rtol=1e-5)


def test_item_knn_keeps_only_the_requested_number_of_neighbours() -> None:
    pairs = planted_data().train
    everything, pruned = ItemKnn().fit(pairs).weights, ItemKnn(neighbours=5).fit(pairs).weights

    row, kept = everything[[3]].toarray().ravel(), pruned[[3]].toarray().ravel()
    assert (kept > 0).sum() == 5
    assert sorted(kept[kept > 0]) == sorted(row)[-5:]


def test_local_ridge_solves_the_regression_of_each_item_on_its_neighbours() -> None:
    pairs = planted_data(users=40, products=12).train
    dense = pairs.matrix.toarray().astype(np.float64)
    counts = (dense * (dense.sum(axis=1) ** -0.3)[:, None]).T @ dense
    degree = dense.sum(axis=0)
    order = np.argsort(-(counts[:, 4] * degree**-0.5), kind="stable")
    near = [i for i in order if i != 4 and counts[i, 4] > 0][:6]
    expected = np.zeros(len(degree))
    expected[near] = np.linalg.solve(counts[np.ix_(near, near)] + 30 * np.eye(len(near)), counts[near, 4])

    weights = LocalRidge(neighbours=6).fit(pairs).weights.toarray()

    np.testing.assert_allclose(weights[:, 4], expected * degree[4] ** -0.15, rtol=1e-3, atol=1e-6)


def test_a_blend_scales_its_members_to_the_same_magnitude(data: PlantedData) -> None:
    knn, ridge = ItemKnn().fit(data.train), LocalRidge().fit(data.train)
    parts = [model.score(data.train.matrix[:3]) for model in (knn, ridge)]
    expected = sum(part / np.sqrt((part**2).mean(axis=1, keepdims=True)) for part in parts)

    blended = Blend().fit(data.train).score(data.train.matrix[:3])

    np.testing.assert_allclose(blended, expected, rtol=1e-4)


def test_content_recommends_a_product_without_interactions(data: PlantedData) -> None:
    train = Interactions(data.train.users, data.train.items, data.train.matrix.copy())
    new_item = 8
    train.matrix.data[train.matrix.indices == new_item] = 0
    train.matrix.eliminate_zeros()
    history = csr_array(np.eye(train.matrix.shape[1], dtype=np.float32)[[4]])

    scores = Content().fit(train, catalogue=data.catalogue).score(history)[0]

    others = [i for i in range(len(scores)) if data.kind(i) != data.kind(new_item)]
    assert scores[new_item] > scores[others].max()


def test_features_that_all_products_share_do_not_make_them_similar() -> None:
    products = [
        ProductFacts(product_id=number, title=word, category=("Home",))
        for number, word in enumerate(("lamp", "vase", "lamp", "rug"))
    ]

    vectors = Content().vectors(products).toarray()

    np.testing.assert_allclose(
        vectors @ vectors.T, [[1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]], atol=1e-6
    )


def test_content_without_a_catalogue_is_refused(data: PlantedData) -> None:
    with pytest.raises(CatalogueNeeded, match="needs a catalogue"):
        Content().fit(data.train)


def test_content_scores_products_without_words_as_zero(data: PlantedData) -> None:
    scores = Content().fit(data.train, catalogue=planted_data().catalogue.of([])).score(data.train.matrix[:2])

    assert not scores.any()


def test_the_error_for_an_unknown_model_lists_the_models() -> None:
    with pytest.raises(UnknownModel, match="item_knn"):
        create("item_nkk")


def test_the_error_for_an_unknown_parameter_lists_the_parameters() -> None:
    with pytest.raises(InvalidParameter, match="shrinkage"):
        create("item_knn", {"shrinkage_": 1})


def test_weighted_ease_equals_the_published_formula() -> None:
    pairs = planted_data(users=40, products=12).train
    dense = pairs.matrix.toarray().astype(np.float64)
    users, items = dense.sum(axis=1), dense.sum(axis=0)
    history = (items.mean() / items) ** 0.3
    weighted = dense * ((users.mean() / users) ** 0.5)[:, None] * history
    inverse = np.linalg.inv(weighted.T @ weighted + 20 * np.eye(len(items)))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    expected = dense * history @ expected * items**0.15

    scores = WeightedEase(ridge=20).fit(pairs).score(pairs.matrix)

    np.testing.assert_allclose(scores, expected, rtol=1e-3, atol=1e-5)


def test_weighted_ease_is_refused_before_it_takes_more_memory_than_allowed(data: PlantedData) -> None:
    wide = Interactions.of_pairs([1, 1], [1, 2], among=range(20_000))

    with pytest.raises(
        ModelTooLarge, match=r"needs 4,8\d\d MB for 20,000 items, and memory_mb allows 2,000 MB"
    ):
        WeightedEase().fit(wide)


def test_weighted_ease_names_the_ridge_if_the_items_are_too_alike_for_it() -> None:
    alike = Interactions.of_pairs([1, 1, 1], [1, 2, 3])

    with pytest.raises(NotInvertible, match=r"with ridge=1e-30; choose a greater ridge"):
        WeightedEase(ridge=1e-30).fit(alike)


def test_a_low_pass_filter_of_more_factors_than_the_rank_keeps_the_whole_pattern() -> None:
    alike = Interactions.of_pairs(np.repeat(np.arange(400), 400), np.tile(np.arange(400), 400))

    scores = LowPass().fit(alike).score(alike.matrix[:2])

    np.testing.assert_allclose(scores, 1, rtol=0.01)


def test_the_low_pass_filter_projects_on_the_leading_singular_vectors(data: PlantedData) -> None:
    dense = data.train.matrix.toarray().astype(np.float64)
    users, items = dense.sum(axis=1), np.maximum(dense.sum(axis=0), 1e-6)
    normal = dense * (users**-0.25)[:, None] * items**-0.4
    _, _, vectors = np.linalg.svd(normal, full_matrices=False)
    leading = vectors[:4]
    expected = (dense * items**-0.4) @ leading.T @ leading * items**0.4

    scores = LowPass(factors=4).fit(data.train).score(data.train.matrix)

    np.testing.assert_allclose(scores, expected, atol=0.05 * np.abs(expected).max())


def test_learned_shares_leave_out_a_member_without_information(data: PlantedData) -> None:
    good, noise = ItemKnn().fit(data.train), FittedNoise()

    shares = learn_shares(pooled([noise, good], data.train.matrix), data.test.matrix)

    assert shares == (0.0, 1.0)


def test_best_chooses_members_by_the_properties_of_the_data(data: PlantedData) -> None:
    dense = planted_data(users=800, products=60)
    sparse = planted_data(users=260)

    assert Best().members(dense.train)[0].name == "weighted_ease"
    assert Best(memory_mb=1).members(sparse.train)[0].name == "local_ridge"
    assert Best().choose(planted_data(users=20).train) == Blend()
    chosen = Best().choose(sparse.train)
    found = evaluate(chosen.fit(sparse.train), train=sparse.train, test=sparse.test, k=10)
    popular = evaluate(Popularity().fit(sparse.train), train=sparse.train, test=sparse.test, k=10)
    assert found.recall > 1.6 * popular.recall


def test_best_is_fitted_once_if_few_pairs_are_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    train = planted_data(users=2_600, products=600).train
    fits: list[int] = []
    fit = LocalRidge.fit

    def counted(self: LocalRidge, train: Interactions, *, catalogue: Catalogue | None = None) -> Fitted:
        fits.append(train.matrix.nnz)
        return fit(self, train, catalogue=catalogue)

    monkeypatch.setattr(LocalRidge, "fit", counted)
    few, many = Best(validation_users=220), Best(validation_users=2_600)

    recipe, fitted = few.choose_and_fit(train)

    assert len(fits) == 1
    assert 0.98 * train.matrix.nnz <= fits[0] < train.matrix.nnz
    again = few.choose(train)
    assert again == recipe
    whole = recipe.fit(train).score(train.matrix[:50])
    found = fitted.score(train.matrix[:50])
    assert np.corrcoef(whole.ravel(), found.ravel())[0, 1] > 0.95
    fits.clear()
    recipe, fitted = many.choose_and_fit(train)
    assert fits[0] < 0.9 * train.matrix.nnz
    np.testing.assert_array_equal(recipe.fit(train).score(train.matrix[:50]), fitted.score(train.matrix[:50]))


class FittedNoise:
    """Scores that depend on nothing that the user did."""

    def score(self, histories: csr_array) -> Scores:
        rng = np.random.default_rng(5)
        return np.tile(rng.random(histories.shape[1], dtype=np.float32), (histories.shape[0], 1))


def test_a_plugin_registers_a_model_that_enters_the_contest(
    data: PlantedData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "decisions" / "models.md").read_text()
    example = next(
        code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "@register" in code
    )
    (tmp_path / "shop_plugin.py").write_text(example)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(library, "_models", dict(MODELS))
    monkeypatch.setattr(library, "MODELS", library._models)
    monkeypatch.setattr(library, "_registered", [])

    library.load_plugins(["shop_plugin"])

    assert [one.model.name for one in contest.candidates(served=None)][-1] == "cosine"
    own = evaluate(create("cosine").fit(data.train), train=data.train, test=data.test, k=10)
    popular = evaluate(Popularity().fit(data.train), train=data.train, test=data.test, k=10)
    assert own.recall > 1.6 * popular.recall
    with pytest.raises(InvalidParameter, match="does not accept this shrinkage; Expected `float` > 0"):
        create("cosine", {"shrinkage": 0})
    with pytest.raises(library.NameTaken, match=r"already a model 'cosine', shop_plugin\.Cosine"):
        library.register(type("Other", (), {"name": "cosine"}))
    with pytest.raises(library.PluginMissing, match="names shop_plugins, which can't be imported"):
        library.load_plugins(["shop_plugins"])


@pytest.mark.parametrize("name", ALL)
def test_a_recipe_can_be_recreated_from_its_parameters(name: str) -> None:
    recipe = create(name)

    assert create(name, recipe.parameters) == recipe
