"""What the lists of a version show: how many products, how different they are, and examples by title."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.catalogue import ProductFacts
from ml.lists import NO_PRODUCT, Lists
from ml.registry import SHOPPERS, Version
from ml.report.elements import Html, heading, paragraph, table, text

FIRST = 10
SHOWN = 5
EXAMPLES = 10
PEOPLE = "user.hybrid"
PAGES = "product.hybrid"
# The published algorithms in the order of preference, for versions without hybrid lists of persons.
OTHER_PEOPLE = ("user.collaborative", "user.content_based")
Products = Mapping[int, ProductFacts]


class Shown(NamedTuple):
    """The first FIRST places of all lists of a kind.

    `products` are different ones, `share_of_ten` is the share of the places that the ten most shown products
    take, `categories` the mean number of different categories in a list; None without a catalogue.
    """

    lists: int
    products: int
    share_of_ten: float
    categories: float | None


def shown(lists: Lists, products: Products) -> Shown:
    """Return what the first places of the lists show."""
    first = lists.products[:, :FIRST]
    found, places, counts = np.unique(first[first != NO_PRODUCT], return_inverse=True, return_counts=True)
    if not len(found):
        return Shown(len(lists), 0, 0.0, None)
    most = float(np.sort(counts)[::-1][:FIRST].sum() / counts.sum())
    return Shown(len(lists), len(found), most, _categories(first, found, places, products))


def _categories(
    first: NDArray[np.int64], found: NDArray[np.int64], places: NDArray[np.int64], products: Products
) -> float | None:
    if not products:
        return None
    names = [products[key].category if key in products else () for key in found.tolist()]
    _, numbers = np.unique([" > ".join(name) for name in names], return_inverse=True)
    rows = np.nonzero(first != NO_PRODUCT)[0]
    pairs = np.unique(np.stack([rows, numbers[places]]), axis=1)
    return float(pairs.shape[1] / len(first))


def overview(version: Version, products: Products) -> Html:
    """Return a table with a row for each kind of lists.

    Raises:
        VersionDamaged: lists can't be read.
    """
    sellable = sum(product.sellable for product in products.values())
    rows = []
    for name in version.list_names:
        found = shown(version.lists(name), products)
        rows.append(
            (
                name,
                version.manifest["lists"][name].get("model", ""),
                f"{found.lists:,}",
                f"{found.products:,}",
                f"{found.products / sellable:.1%}" if sellable else "unknown",
                f"{found.share_of_ten:.1%}",
                "unknown" if found.categories is None else f"{found.categories:.2f}",
            )
        )
    headings = (
        "lists",
        "model",
        "number",
        "products shown",
        "of sellable",
        "places of the ten most shown",
        "categories a list",
    )
    return table(f"The first {FIRST} places of each kind of lists", headings, rows)


def examples(version: Version, products: Products) -> Html:
    """Return lists of persons and of product pages by title; keys of persons are not shown.

    Raises:
        VersionDamaged: lists can't be read.
    """
    names = [name for name in (PEOPLE, *OTHER_PEOPLE) if name in version.list_names][:1]
    parts = [_examples(version, name, products) for name in (*names, PAGES) if name in version.list_names]
    if not names:
        parts.insert(0, paragraph("The version has no personal lists."))
    return Html("".join(parts))


def _examples(version: Version, name: str, products: Products) -> str:
    lists = version.lists(name)
    is_personal = name.startswith(SHOPPERS)
    articles = []
    for number, place in enumerate(spread(EXAMPLES, among=len(lists)), start=1):
        title = f"Shopper {number}" if is_personal else titled(int(lists.subjects[place]), products)
        articles.append(_article(title, lists, place, products))
    return (
        heading(f"{'Persons' if is_personal else 'Product pages'} ({name})")
        + '<div class="lists">'
        + "".join(articles)
        + "</div>"
    )


def spread(count: int, *, among: int) -> Sequence[int]:
    """Return `count` positions at equal distances among so many, or all of them if there are fewer."""
    if among <= count:
        return range(among)
    return [(2 * number + 1) * among // (2 * count) for number in range(count)]


def _article(title: str, lists: Lists, place: int, products: Products) -> str:
    entries = []
    for product, because in zip(
        lists.products[place, :SHOWN].tolist(), lists.because[place, :SHOWN].tolist(), strict=True
    ):
        if product != NO_PRODUCT:
            why = f" <small>because of {text(titled(because, products))}</small>" if because else ""
            entries.append(f"<li>{text(titled(product, products))}{why}</li>")
    return f"<article><h4>{text(title)}</h4><ol>{''.join(entries)}</ol></article>"


def titled(product: int, products: Products) -> str:
    """Return a product's title; its number if the catalogue doesn't have it."""
    return products[product].title if product in products else f"product {product}"
