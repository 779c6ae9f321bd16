"""The reason of a recommendation is the product of the history without which its score falls most."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from scipy.sparse import csr_array

from ml.compose import user_lists
from ml.dataset import UNKNOWN, Scores
from ml.explanations import rank_and_explain, scored
from ml.lists import NO_PRODUCT
from ml.models import Fitted, Model
from ml.models.als import Als
from ml.models.best import Best
from ml.models.blend import Blend, FittedBlend, root_mean_square
from ml.models.content import Content
from ml.models.item_knn import ItemKnn
from ml.models.local_ridge import LocalRidge
from ml.models.low_pass import LowPass
from ml.models.popularity import Popularity
from ml.models.weighted_ease import WeightedEase
from tests.ml.planted import planted_data

DATA = planted_data(users=210)
USERS, K = 12, 6

LINEAR: Mapping[str, Model] = {
    "item_knn": ItemKnn(),
    "local_ridge": LocalRidge(neighbours=20),
    "low_pass": LowPass(factors=8),
    "weighted_ease": WeightedEase(ridge=20.0),
    "content": Content(),
    "blend": Blend((ItemKnn(), LocalRidge(neighbours=20)), (1.0, 0.5)),
    "blend of a blend": Blend((Blend((ItemKnn(), LowPass(factors=8))), Content()), (1.0, 0.6)),
    "best": Best(),
}


def weighted() -> csr_array:
    """Return histories whose entries have different weights."""
    matrix = csr_array(DATA.train.matrix[:USERS])
    weights = np.random.default_rng(2).uniform(0.3, 2.0, matrix.nnz).astype(np.float32)
    return csr_array((weights, matrix.indices, matrix.indptr), shape=matrix.shape)


def score_of(fitted: Fitted, history: csr_array) -> Callable[[csr_array], Scores]:
    """Return the scores of other histories on the scales that a blend's members have for `history`."""
    if not isinstance(fitted, FittedBlend):
        return fitted.score
    members = [
        (np.float32(share) / root_mean_square(scored(member, history)[0]), score_of(member, history))
        for member, share in zip(fitted.members, fitted.shares, strict=True)
    ]
    return lambda other: np.asarray(sum(factor[:, None] * score(other) for factor, score in members))


def without(history: csr_array, entry: int) -> csr_array:
    """Return one history without one of its entries."""
    kept = np.arange(history.nnz) != entry
    found = (history.data[kept], history.indices[kept], np.array([0, history.nnz - 1]))
    return csr_array(found, shape=history.shape)


@pytest.mark.parametrize("name", LINEAR)
def test_removing_the_reason_lowers_the_score_most(name: str) -> None:
    fitted = LINEAR[name].fit(DATA.train, catalogue=DATA.catalogue)
    histories = weighted()
    allowed = np.ones(histories.shape[1], dtype=bool)

    ranked, scores, because = rank_and_explain(fitted, histories, k=K, allowed=allowed)

    np.testing.assert_allclose(
        scores, np.take_along_axis(fitted.score(histories), ranked, axis=1), rtol=1e-4, atol=1e-5
    )
    explained = 0
    for user in range(USERS):
        history = csr_array(histories[[user]])
        score = score_of(fitted, history)
        whole = score(history)[0]
        falls = np.array([whole - score(without(history, entry))[0] for entry in range(history.nnz)])
        for item, reason in zip(ranked[user], because[user], strict=True):
            if item == UNKNOWN:
                assert reason == UNKNOWN
                continue
            most = falls[:, item].max()
            if reason == UNKNOWN:
                assert most < 1e-4
                continue
            explained += 1
            (entry,) = np.flatnonzero(history.indices == reason)
            assert falls[entry, item] == pytest.approx(most, rel=1e-3, abs=1e-4)
            assert most > -1e-4
    assert explained > USERS * K / 2


@pytest.mark.parametrize(
    "model", [Popularity(), Als(factors=4, iterations=2), Blend((ItemKnn(), Als(factors=4, iterations=2)))]
)
def test_models_that_are_not_linear_explain_nothing(model: Model) -> None:
    fitted = model.fit(DATA.train)
    histories = csr_array(DATA.train.matrix[:USERS])

    ranked, _, because = rank_and_explain(
        fitted, histories, k=K, allowed=np.ones(histories.shape[1], dtype=bool)
    )

    assert (ranked != UNKNOWN).all()
    assert (because == UNKNOWN).all()


def test_a_member_without_a_share_does_not_have_to_explain() -> None:
    fitted = Blend((ItemKnn(), Popularity()), (1.0, 0.0)).fit(DATA.train)
    histories = csr_array(DATA.train.matrix[:USERS])

    _, explain = scored(fitted, histories)

    assert explain is not None
    assert (explain(slice(0, USERS), np.zeros((USERS, 1), np.int64)) >= 0).all()


def test_lists_name_the_reasons_as_products() -> None:
    lists = user_lists(
        ItemKnn().fit(DATA.train), DATA.train, allowed=np.ones(len(DATA.train.items), dtype=bool), length=K
    )

    rows = DATA.train.users.positions(lists.subjects.astype(np.int64))
    for row, because, products in zip(rows, lists.because, lists.products, strict=True):
        history = set(DATA.train.items.values[DATA.train.matrix[[row]].indices].tolist())
        # Product 0 is in this data, and pads lists.
        assert set(because.tolist()) <= {*history, NO_PRODUCT}
        assert not set(products.tolist()) & (history - {NO_PRODUCT})
