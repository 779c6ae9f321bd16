"""What goes with a product, on generated orders: rare products have neighbours by their texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from ml import product_pages
from ml.catalogue import Catalogue, ProductFacts
from ml.compose import product_lists
from ml.dataset import UNKNOWN, Ids, Interactions
from ml.models.blend import Blend, FittedBlend
from ml.models.content import Content
from ml.models.item_knn import ItemKnn
from ml.orders import Orders
from ml.product_pages import (
    DEFAULT_CONTENT_SHOPPERS,
    Pages,
    PageTest,
    choose,
    lists_of,
    shoppers_of,
)

PAIRS, RARE, SHOPPERS = 30, 60, 400


@dataclass(frozen=True)
class Shop:
    """Products 2 n and 2 n + 1 are bought together, though their titles differ; the rare ones go by their titles."""

    pairs: Interactions
    catalogue: Catalogue
    later: Orders


@pytest.fixture(scope="module")
def shop() -> Shop:
    rng = np.random.default_rng(3)
    users, items = [], []
    for user in range(SHOPPERS):
        for pair in rng.choice(PAIRS, 3, replace=False):
            users += [user, user]
            items += [2 * pair, 2 * pair + 1]
        if user < RARE // 2:
            # One shopper of each rare product, who bought something unrelated.
            users.append(user)
            items.append(2 * PAIRS + user)
    words = [f"sort{number % PAIRS}" for number in range(2 * PAIRS)]
    words += [f"rare{number // 2 % (RARE // 4)}" for number in range(RARE)]
    catalogue = Catalogue.of([ProductFacts(number, title=word) for number, word in enumerate(words)])
    pairs = Interactions.of_pairs(users, np.array(items), among=np.arange(len(words)))
    baskets = [(2 * pair, 2 * pair + 1) for pair in rng.integers(0, PAIRS, 80)]
    first = 2 * PAIRS + 2 * rng.integers(0, RARE // 2, 80)
    baskets += [(int(one), int(one) + 1) for one in first]
    return Shop(pairs, catalogue, orders(baskets))


def orders(baskets: Sequence[Sequence[int]]) -> Orders:
    numbers = np.repeat(np.arange(len(baskets)), [len(basket) for basket in baskets])
    items = np.array([item for basket in baskets for item in basket])
    times = np.full(len(items), np.datetime64("2026-03-01", "s"))
    return Orders(numbers, items, times, np.full(len(items), b""), np.zeros(len(items), np.bool_))


@pytest.fixture(scope="module")
def hybrid(shop: Shop) -> FittedBlend:
    return Blend((ItemKnn(), Content()), (1.0, 0.3)).fit(shop.pairs, catalogue=shop.catalogue)


def test_rare_products_go_by_their_texts_and_others_by_what_shoppers_bought(
    shop: Shop, hybrid: FittedBlend
) -> None:
    test = PageTest.of(shop.later, items=shop.pairs.items)
    numbers = shoppers_of(shop.pairs)[test.views()[1]]

    chosen = choose(hybrid, shop.pairs, test=test)

    page, learned, texts = (
        test.recall(ranked)
        for ranked in lists_of(Pages().fitted(hybrid, shop.pairs), test.pages, tried=(chosen, 0, 1e9))
    )
    assert texts[numbers <= 1].mean() > 0.9 > learned[numbers <= 1].mean() + 0.8
    assert page[numbers == 0].tolist() == texts[numbers == 0].tolist()
    assert page[numbers == 1].mean() > 0.9
    assert page[numbers > 20].min() == learned[numbers > 20].min() == 1


def test_a_page_lists_what_its_model_scores_highest(shop: Shop, hybrid: FittedBlend) -> None:
    pages = Pages(5.0).fitted(hybrid, shop.pairs)

    (found,) = lists_of(pages, np.array([3, 60]), tried=(5.0,))

    published = product_lists(pages, shop.pairs, allowed=np.ones(len(shop.catalogue), dtype=bool), length=10)
    for row, item in zip(found, (3, 60), strict=True):
        (expected,) = published.products[published.subjects == item]
        # Lists are padded with product 0, which this shop has.
        assert [product for product in row if product > 0] == [one for one in expected if one > 0]


def test_without_orders_there_is_a_default(shop: Shop, hybrid: FittedBlend) -> None:
    empty = PageTest.of(Orders.empty(), items=shop.pairs.items)

    assert choose(hybrid, shop.pairs, test=empty) == DEFAULT_CONTENT_SHOPPERS


def test_a_list_is_compared_with_the_other_products_of_the_order() -> None:
    items = Ids.of(np.arange(1, 6))
    baskets = [(1, 2, 3), (4,), (1, 99), (4, 5, 5), tuple(range(1, 6)) + tuple(range(100, 130))]
    test = PageTest.of(orders(baskets), items=items)
    ranked = np.full((5, 10), UNKNOWN)
    ranked[:, 0] = [1, 2, 0, 0, 3]  # positions: 1 → 2, 2 → 3, 3 → 1, 4 → 1, 5 → 4

    assert len(test) == 2, "the second has one product, the third one known product, and the last 35"
    assert test.pages.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(test.recall(ranked), [0.5, 0.5, 0.5, 0, 1])


def test_only_a_sample_of_many_pages_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product_pages, "MAX_PAGES", 2)

    test = PageTest.of(orders([(1, 2, 3), (3, 4)]), items=Ids.of(np.arange(1, 6)))

    assert len(test.pages) == 2
    rows, items = test.views()
    assert set(items) <= set(test.pages)
    ranked = np.full((2, 10), UNKNOWN)
    assert test.recall(ranked).tolist() == [0] * len(rows)
