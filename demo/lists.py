"""Generate candidate lists: the products for each query, category and recommendation slot."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from demo.catalogue import Assortment
from demo.vocabulary import Leaf, Vocabulary

MAX_CANDIDATES = 40
NOTHING = -1
SEARCH, CATEGORY, FOR_SHOPPER, FOR_PRODUCT = range(4)
MISSPELT_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class ListContext:
    """The context of a list: a query, a category, or a slot."""

    surface: str
    query: str = ""
    filters: str = "{}"
    slot: str = ""
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class CandidateLists:
    """All lists by position: the context in which each is shown, and its candidates.

    `candidates` is (n, MAX_CANDIDATES) product positions by appeal, padded with NOTHING; `of_leaf[kind]` has
    the positions of the lists of that kind for each category (SEARCH, CATEGORY, FOR_SHOPPER, FOR_PRODUCT).
    """

    contexts: list[ListContext]
    candidates: NDArray[np.int64]
    of_leaf: list[list[NDArray[np.int64]]]


def candidate_lists(vocabulary: Vocabulary, assortment: Assortment, *, rng: Generator) -> CandidateLists:
    """Return the candidate lists of a shop that sells `assortment`."""
    contexts: list[ListContext] = []
    rows: list[NDArray[np.int64]] = []
    of_leaf: list[list[NDArray[np.int64]]] = [[] for _ in range(FOR_PRODUCT + 1)]
    for number, leaf in enumerate(vocabulary.leaves):
        here = np.flatnonzero(assortment.leaves == number)
        here = here[np.argsort(-assortment.appeals[here], kind="stable")]
        offers = _offers(leaf, here=here, assortment=assortment, rng=rng)
        for kind, offered in enumerate(offers):
            first = len(contexts)
            contexts += [context for context, _ in offered]
            rows += [_padded(products) for _, products in offered]
            of_leaf[kind].append(np.arange(first, len(contexts)))
    return CandidateLists(contexts, np.array(rows), of_leaf)


def _offers(
    leaf: Leaf, *, here: NDArray[np.int64], assortment: Assortment, rng: Generator
) -> list[list[tuple[ListContext, NDArray[np.int64]]]]:
    path = " > ".join(leaf.path)
    return [
        _searches(leaf, here=here, assortment=assortment, rng=rng),
        [(ListContext("product_list", filters=f'{{"category":"{path}"}}'), here)],
        [(ListContext("recommendations", slot="user", algorithm="popularity"), here)],
        [(ListContext("recommendations", slot="product", algorithm="content_based"), here)],
    ]


def _searches(
    leaf: Leaf, *, here: NDArray[np.int64], assortment: Assortment, rng: Generator
) -> list[tuple[ListContext, NDArray[np.int64]]]:
    """Return queries for products of this category, some of them misspelt."""
    found = [(noun, here) for noun in leaf.nouns]
    for place, kind in enumerate(leaf.kinds):
        fitting = here[assortment.kinds[here] == place]
        found += [(f"{kind} {noun}".lower(), _first(fitting, here)) for noun in leaf.nouns]
    brands = np.array(assortment.brands)
    for brand in leaf.brands:
        fitting = here[brands[here] == brand]
        found.append((f"{brand} {leaf.nouns[0]}".lower(), _first(fitting, here)))
    typos = rng.random(len(found)) < MISSPELT_SHARE
    found += [
        (misspelt(query, rng=rng), products)
        for (query, products), typo in zip(found, typos, strict=True)
        if typo
    ]
    return [(ListContext("search", query=query), products) for query, products in found]


def _first(fitting: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([fitting, others[~np.isin(others, fitting)]])


def misspelt(query: str, *, rng: Generator) -> str:
    """Return the query with two adjacent letters swapped."""
    place = int(rng.integers(1, max(2, len(query) - 2)))
    return query[:place] + query[place + 1 : place + 2] + query[place] + query[place + 2 :]


def _padded(products: NDArray[np.int64]) -> NDArray[np.int64]:
    row = np.full(MAX_CANDIDATES, NOTHING, dtype=np.int64)
    row[: min(MAX_CANDIDATES, len(products))] = products[:MAX_CANDIDATES]
    return row


def choose_lists(
    kinds: NDArray[np.int64],
    leaves: NDArray[np.int64],
    *,
    lists: Sequence[Sequence[NDArray[np.int64]]],
    rng: Generator,
) -> NDArray[np.int64]:
    """Draw the position of a list for each pair of kind and category, with a preference for early ones."""
    sizes = np.array([[len(offered) for offered in of_leaf] for of_leaf in lists])
    firsts = np.array([[offered[0] for offered in of_leaf] for of_leaf in lists])
    places = np.floor(sizes[kinds, leaves] * rng.random(len(kinds)) ** 1.7).astype(np.int64)
    return np.asarray(firsts[kinds, leaves] + places)
