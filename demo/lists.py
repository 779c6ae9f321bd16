"""Lists that the shop could show: for every query, category and slot the products that belong there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from demo.catalogue import Assortment
from demo.vocabulary import Leaf, Vocabulary

DEEPEST = 40
NOTHING = -1
SEARCH, CATEGORY, FOR_PERSON, FOR_PRODUCT = range(4)
MISSPELT_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a list is shown: a query, a category, or a slot."""

    surface: str
    query: str = ""
    filters: str = "{}"
    slot: str = ""
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class Repertoire:
    """All lists by position: why each is shown, and its candidates.

    `candidates` is (n, DEEPEST) product positions by appeal, filled up with NOTHING; `of_leaf[kind]` names
    for each leaf the lists of that kind (SEARCH, CATEGORY, FOR_PERSON, FOR_PRODUCT).
    """

    occasions: list[Occasion]
    candidates: NDArray[np.int64]
    of_leaf: list[list[NDArray[np.int64]]]


def repertoire(vocabulary: Vocabulary, assortment: Assortment, *, rng: Generator) -> Repertoire:
    """Return the lists of a shop that sells `assortment`."""
    occasions: list[Occasion] = []
    rows: list[NDArray[np.int64]] = []
    of_leaf: list[list[NDArray[np.int64]]] = [[] for _ in range(FOR_PRODUCT + 1)]
    for number, leaf in enumerate(vocabulary.leaves):
        here = np.flatnonzero(assortment.leaves == number)
        here = here[np.argsort(-assortment.appeals[here], kind="stable")]
        offers = _offers(leaf, here=here, assortment=assortment, rng=rng)
        for kind, offered in enumerate(offers):
            first = len(occasions)
            occasions += [occasion for occasion, _ in offered]
            rows += [_filled(products) for _, products in offered]
            of_leaf[kind].append(np.arange(first, len(occasions)))
    return Repertoire(occasions, np.array(rows), of_leaf)


def _offers(
    leaf: Leaf, *, here: NDArray[np.int64], assortment: Assortment, rng: Generator
) -> list[list[tuple[Occasion, NDArray[np.int64]]]]:
    path = " > ".join(leaf.path)
    return [
        _searches(leaf, here=here, assortment=assortment, rng=rng),
        [(Occasion("product_list", filters=f'{{"category":"{path}"}}'), here)],
        [(Occasion("recommendations", slot="user", algorithm="popularity"), here)],
        [(Occasion("recommendations", slot="product", algorithm="content_based"), here)],
    ]


def _searches(
    leaf: Leaf, *, here: NDArray[np.int64], assortment: Assortment, rng: Generator
) -> list[tuple[Occasion, NDArray[np.int64]]]:
    """Queries sent by shoppers of this category: its things, their kinds and brands, and slips of the pen."""
    found = [(noun, here) for noun in leaf.nouns]
    for place, kind in enumerate(leaf.kinds):
        fitting = here[assortment.kinds[here] == place]
        found += [(f"{kind} {noun}".lower(), _first(fitting, here)) for noun in leaf.nouns]
    brands = np.array(assortment.brands)
    for brand in leaf.brands:
        fitting = here[brands[here] == brand]
        found.append((f"{brand} {leaf.nouns[0]}".lower(), _first(fitting, here)))
    slips = rng.random(len(found)) < MISSPELT_SHARE
    found += [
        (misspelt(query, rng=rng), products)
        for (query, products), slip in zip(found, slips, strict=True)
        if slip
    ]
    return [(Occasion("search", query=query), products) for query, products in found]


def _first(fitting: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([fitting, others[~np.isin(others, fitting)]])


def misspelt(query: str, *, rng: Generator) -> str:
    """Return the query with two neighbouring letters in the wrong order."""
    place = int(rng.integers(1, max(2, len(query) - 2)))
    return query[:place] + query[place + 1 : place + 2] + query[place] + query[place + 2 :]


def _filled(products: NDArray[np.int64]) -> NDArray[np.int64]:
    row = np.full(DEEPEST, NOTHING, dtype=np.int64)
    row[: min(DEEPEST, len(products))] = products[:DEEPEST]
    return row


def chosen(
    kinds: NDArray[np.int64],
    leaves: NDArray[np.int64],
    *,
    lists: Sequence[Sequence[NDArray[np.int64]]],
    rng: Generator,
) -> NDArray[np.int64]:
    """Return a list of the repertoire for each pair of kind and leaf; the first of a leaf most often."""
    sizes = np.array([[len(offered) for offered in of_leaf] for of_leaf in lists])
    firsts = np.array([[offered[0] for offered in of_leaf] for of_leaf in lists])
    places = np.floor(sizes[kinds, leaves] * rng.random(len(kinds)) ** 1.7).astype(np.int64)
    return np.asarray(firsts[kinds, leaves] + places)
