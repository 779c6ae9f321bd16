"""A generated catalogue with planted relevance, in which each ranking feature has queries that need it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from backend.search.evaluation import bare_product
from benchmarks.relevance.samples import Sample
from indexing.document import ProductDocument

SEED = 7
KINDS = (
    ("lunch", "box"),
    ("rain", "coat"),
    ("book", "shelf"),
    ("desk", "lamp"),
    ("wine", "rack"),
    ("door", "bell"),
    ("foot", "stool"),
    ("hand", "bag"),
)
COLOURS = ("red", "green", "blue", "black", "white", "yellow")
MATERIALS = ("oak", "steel", "canvas", "brass", "linen", "cork")
BEST_SELLER = 1_000
"""Units sold; between equal matches, best sellers are the better ones."""


@dataclass(frozen=True, slots=True)
class _Generated:
    document: ProductDocument
    kind: tuple[str, str]
    colour: str
    is_named: bool
    """Whether it is a product of its kind, and doesn't only mention the words."""


def generated(*, products: int) -> Sample:
    """Return a catalogue of about this many products, the same in each run.

    Of the titles, a third have the two words of a kind, a third have them joined, and a third mention both
    but name another product. Grades: 3 for the kind, and the colour if the query has one; 1 for the kind in
    another colour; best sellers have half a grade more.
    """
    chance = random.Random(SEED)
    catalogue = [_product(number, chance) for number in range(1, products + 1)]
    judgments = {
        query: {each.document.id: grade for each in catalogue if (grade := _grade(each, kind, colour))}
        for kind in KINDS
        for query, colour in _queries(kind, chance)
    }
    return Sample(name="generated", products=tuple(each.document for each in catalogue), judgments=judgments)


def _product(number: int, chance: random.Random) -> _Generated:
    kind, colour, material = KINDS[number % len(KINDS)], chance.choice(COLOURS), chance.choice(MATERIALS)
    first, second = kind
    form = chance.randrange(3)
    title = (
        f"{colour} {first} {second}, {material}",
        f"{material} {first}{second} in {colour}",
        f"{material} {second} for your {first}, {colour}",
    )[form]
    popularity = chance.choice((0, 0, BEST_SELLER))
    document = bare_product(number, title=title.capitalize(), popularity=popularity)
    return _Generated(document, kind, colour, is_named=form < 2)


def _queries(kind: tuple[str, str], chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield four queries for a kind: apart, joined, misspelt, with a colour; with the colour of each."""
    first, second = kind
    colour = chance.choice(COLOURS)
    yield f"{first} {second}", ""
    yield f"{first}{second}", ""
    yield f"{_misspelt(first)} {second}", ""
    yield f"{colour} {first} {second}", colour


def _misspelt(word: str) -> str:
    """Return the word with its last two letters swapped."""
    return word[:-2] + word[-1] + word[-2]


def _grade(product: _Generated, kind: tuple[str, str], colour: str) -> float:
    if product.kind != kind or not product.is_named:
        return 0.0
    bonus = 0.5 if product.document.popularity == BEST_SELLER else 0.0
    return (3.0 if colour in ("", product.colour) else 1.0) + bonus
