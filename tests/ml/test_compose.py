"""The recommendation lists that are made from the scores of a model."""

import numpy as np
import pytest

from ml.compose import popular_list, product_lists, user_lists
from ml.dataset import Interactions
from ml.lists import NO_PRODUCT
from ml.models.item_knn import ItemKnn
from ml.models.popularity import Popularity
from tests.ml.planted import planted_data


@pytest.fixture(scope="module")
def pairs() -> Interactions:
    return planted_data().train


@pytest.fixture(scope="module")
def all_items(pairs: Interactions) -> np.ndarray:
    return np.ones(len(pairs.items), dtype=bool)


def test_users_are_not_shown_products_of_their_history(pairs: Interactions, all_items: np.ndarray) -> None:
    lists = user_lists(ItemKnn().fit(pairs), pairs, allowed=all_items, length=10)

    dense = pairs.matrix.toarray()
    rows, columns = (
        pairs.users.positions(lists.subjects.astype(int)),
        pairs.items.positions(lists.products.ravel()),
    )
    assert not dense[np.repeat(rows, 10), columns].any()


def test_a_product_is_not_in_its_own_list(pairs: Interactions, all_items: np.ndarray) -> None:
    lists = product_lists(ItemKnn().fit(pairs), pairs, allowed=all_items, length=10)

    assert not (lists.products == lists.subjects[:, None]).any()


def test_only_products_that_can_be_bought_are_listed(pairs: Interactions, all_items: np.ndarray) -> None:
    sellable = all_items.copy()
    sellable[::2] = False
    fitted = ItemKnn().fit(pairs)

    for lists in (
        user_lists(fitted, pairs, allowed=sellable, length=10),
        product_lists(fitted, pairs, allowed=sellable, length=10),
        popular_list(Popularity().fit(pairs), pairs, allowed=sellable, length=10),
    ):
        assert set(lists.products.ravel()) <= {*pairs.items.values[sellable].tolist(), NO_PRODUCT}


def test_a_product_without_anything_to_recommend_has_no_list() -> None:
    pairs = Interactions.of_pairs(["a", "a", "b"], [1, 2, 3])
    all_items = np.ones(3, dtype=bool)

    lists = product_lists(ItemKnn().fit(pairs), pairs, allowed=all_items, length=2)

    assert lists.subjects.tolist() == [1, 2]
    assert lists.products.tolist() == [[2, NO_PRODUCT], [1, NO_PRODUCT]]
