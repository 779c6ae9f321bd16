"""Catalogues with relevance judgments, from folders or derived from categories."""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from backend.search.judgments import read_judgments, read_products
from indexing.document import ProductDocument
from indexing.request import MAX_QUERY_LENGTH
from ml.ranking.relevance import Grades, grades_by_query

FEWEST_PRODUCTS = 5
MOST_PRODUCTS = 100
"""Of a category whose name becomes a query: names of larger ones are too general for recall@50."""
MOST_QUERIES = 250
SEED = 1
_WORD = re.compile(r"[^\W\d_]{3,}")
_SEPARATOR = re.compile(r"[-/.]")
_MODEL_NUMBER = re.compile(r"\b(?=[a-z0-9./-]*[a-z])(?=[a-z0-9./-]*\d)[a-z0-9]+(?:[-/.][a-z0-9]+)+\b")
FEWEST_CHARACTERS = 6
"""Of a model number with letters, digits and separators."""
FEWEST_WORDS = 4
"""Of a title from which a query is drawn; a query has two to four of them."""
FIRST_WORDS = 12
"""Of a title; words after them are seldom what somebody searches for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A catalogue, and the grades of its products by query."""

    name: str
    products: tuple[ProductDocument, ...]
    judgments: Mapping[str, Grades]


def from_folder(folder: Path) -> Sample:
    """Return the catalogue of products.csv and judgments.csv, compressed with gzip or xz or not.

    Without judgments.csv, the categories in products.csv are the judgments.

    Raises:
        UnreadableFile: a file is missing or can't be used.
    """
    products = [*read_products(_file(folder, "products.csv"))]
    judged = _file(folder, "judgments.csv")
    if judged.exists():
        grades = grades_by_query(read_judgments(judged))
        return Sample(name=folder.name, products=tuple(products), judgments=grades)
    memberships = [(each.name, product.id) for product in products for each in product.categories]
    return from_categories(folder.name, products, memberships)


def from_categories(
    name: str, products: Iterable[ProductDocument], memberships: Iterable[tuple[str, int]]
) -> Sample:
    """Return products without their categories, and judgments derived from these.

    A query is a category's name; the products of the categories with that name are relevant, whatever their
    title says. `memberships` are pairs of a category's name and a product. At most MOST_QUERIES queries are
    drawn, the same in each run.
    """
    relevant: dict[str, set[int]] = defaultdict(set)
    for category, product_id in memberships:
        relevant[" ".join(category.split()).casefold()].add(product_id)
    usable = sorted(
        query
        for query, ids in relevant.items()
        if FEWEST_PRODUCTS <= len(ids) <= MOST_PRODUCTS and 0 < len(query) <= MAX_QUERY_LENGTH
    )
    drawn = random.Random(SEED).sample(usable, min(MOST_QUERIES, len(usable)))
    return Sample(
        name=f"{name} (categories)",
        products=tuple(msgspec.structs.replace(each, categories=()) for each in products),
        judgments={query: dict.fromkeys(sorted(relevant[query]), 1.0) for query in sorted(drawn)},
    )


def known_items(sample: Sample) -> Sample:
    """Return the catalogue with queries for one product each: two to four words of its title, in order.

    Simulated known-item search (Azzopardi, de Rijke and Balog, "Building simulated queries for known-item
    topics", 2007), with MOST_QUERIES queries, the same in each run.
    """
    chance = random.Random(SEED)
    words = [(each.id, _WORD.findall(each.title.lower())[:FIRST_WORDS]) for each in sample.products]
    usable = [each for each in words if len(each[1]) >= FEWEST_WORDS]
    drawn = chance.sample(usable, min(MOST_QUERIES, len(usable)))
    judgments: dict[str, Grades] = {}
    for product_id, title in drawn:
        places = sorted(chance.sample(range(len(title)), chance.randint(2, FEWEST_WORDS)))
        judgments[" ".join(title[place] for place in places)] = {product_id: 1.0}
    return Sample(name=f"{sample.name} (known items)", products=sample.products, judgments=judgments)


def model_numbers(sample: Sample) -> Sample:
    """Return the catalogue with model numbers of titles as queries, written without their separators.

    The products whose titles have a number are relevant. At most MOST_QUERIES queries are drawn, the same in
    each run.
    """
    relevant: dict[str, dict[int, float]] = defaultdict(dict)
    for product in sample.products:
        for found in _MODEL_NUMBER.findall(product.title.lower()):
            relevant[_SEPARATOR.sub("", found)][product.id] = 1.0
    usable = sorted(query for query in relevant if len(query) >= FEWEST_CHARACTERS)
    drawn = random.Random(SEED).sample(usable, min(MOST_QUERIES, len(usable)))
    judgments: dict[str, Grades] = {query: relevant[query] for query in sorted(drawn)}
    return Sample(name=f"{sample.name} (model numbers)", products=sample.products, judgments=judgments)


def _file(folder: Path, name: str) -> Path:
    return next(_found(folder, name), folder / name)


def _found(folder: Path, name: str) -> Iterator[Path]:
    for suffix in ("", ".xz", ".gz"):
        if (path := folder / f"{name}{suffix}").exists():
            yield path
