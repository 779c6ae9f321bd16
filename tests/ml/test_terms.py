"""Neighbours of a product by the words of its title, its brand and its categories."""

import numpy as np
import pytest

from ml.catalogue import Catalogue, ProductFacts
from ml.terms import PRODUCTS_A_TERM, Terms

SHOP = Catalogue.of(
    [
        ProductFacts(1, "Red teapot", brand="Leaf", category=("Home", "Kitchen")),
        ProductFacts(2, "Blue teapot", brand="Leaf", category=("Home", "Kitchen")),
        ProductFacts(3, "Oak chair", brand="Wood", category=("Home", "Chairs")),
        ProductFacts(4, "Garden hose", brand="Rain", category=("Garden",)),
        ProductFacts(5, "Teapot, not for sale", brand="Leaf", category=("Home", "Kitchen"), sellable=False),
    ]
)


def near(terms: Terms, title: str, *, k: int = 20, **facts: object) -> list[int]:
    product = ProductFacts(99, title, **facts)  # type: ignore[arg-type] # of tests
    return [one for one, _ in terms.nearest(product, k=k)]


def test_products_with_the_rarest_words_and_the_brand_in_common_come_first() -> None:
    terms = Terms.of(SHOP)

    assert near(terms, "A red teapot", brand="Leaf", category=("Home", "Kitchen"))[:2] == [1, 2]
    assert near(terms, "Chair", category=("Home",))[0] == 3
    assert near(terms, "GARDEN gnome") == [4]
    assert near(terms, "Submarine") == near(terms, "") == []
    assert near(terms, "teapot", k=1) in ([1], [2])


def test_cosines_are_at_most_one_and_the_same_product_has_one() -> None:
    terms = Terms.of(SHOP)
    copy = ProductFacts(99, "Red teapot", brand="Leaf", category=("Home", "Kitchen"))

    (first, cosine), *others = terms.nearest(copy, k=20)

    assert first == 1
    assert cosine == pytest.approx(1, abs=1e-6)
    assert all(0 < other < 1 for _, other in others)
    assert 1 not in {one for one, _ in terms.nearest(SHOP.products[1], k=20)}


def test_a_term_has_at_most_200_products_those_in_which_it_weighs_most() -> None:
    long = [ProductFacts(n, f"lamp with word{n} and word{n + 1}") for n in range(1, 301)]
    terms = Terms.of(Catalogue.of([*long, ProductFacts(500, "lamp"), ProductFacts(600, "chair")]))

    assert np.diff(terms.starts).max() == PRODUCTS_A_TERM
    assert near(terms, "lamp")[0] == 500


def test_products_without_words_and_an_empty_catalogue_have_no_neighbours() -> None:
    assert near(Terms.of(Catalogue.of([])), "Teapot") == []
    assert near(Terms.of(Catalogue.of([ProductFacts(1, "")])), "Teapot") == []
    assert 1 in Terms.of(SHOP)
    assert 5 in Terms.of(SHOP)
    assert 99 not in Terms.of(SHOP)
