"""Samples from public data sets, which are not part of the repository."""

import csv
import json
import lzma
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from backend.search.evaluation import bare_product
from benchmarks.relevance.samples import Sample, from_categories, from_folder
from datasets.amazon_in import ASIN

CROWDFLOWER = "crowdflower"
FLIPKART = "flipkart_20k/flipkart_com-ecommerce_sample.csv.xz"
AMAZON_IN = "amazon_in_products_sample/Amazon-Products.csv.xz"


def public_samples(folder: Path) -> Iterator[Sample]:
    """Yield the samples whose files are below `folder`."""
    for path, read in READERS.items():
        if (folder / path).exists():
            yield read(folder / path)


def flipkart(path: Path) -> Sample:
    """Return the products of flipkart with their categories as judgments.

    A row has an id, a name and a JSON list with a path such as "Clothing >> Shorts".
    """
    products, memberships = [], []
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        for number, (_, title, tree) in enumerate(csv.reader(file), start=1):
            products.append(bare_product(number, title=title))
            names = {name.strip() for name in json.loads(tree)[0].split(">>")}
            # The deepest "category" is often the product itself.
            memberships += [(name, number) for name in names if name != title]
    return from_categories("flipkart", products, memberships)


def amazon_in(path: Path) -> Sample:
    """Return the products of amazon.in with their categories as judgments; ratings count as popularity.

    A product has a row for each of its categories.
    """
    products, memberships, numbers = [], [], dict[str, int]()
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            asin = ASIN.search(row["link"])
            if asin is None:
                continue
            if asin[1] not in numbers:
                numbers[asin[1]] = len(numbers) + 1
                popularity = _whole(row["no_of_ratings"])
                products.append(bare_product(numbers[asin[1]], title=row["name"], popularity=popularity))
            number = numbers[asin[1]]
            memberships += [(row["main_category"], number), (row["sub_category"], number)]
    return from_categories("amazon-in", products, memberships)


def _whole(text: str) -> int:
    digits = text.replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


READERS: Mapping[str, Callable[[Path], Sample]] = MappingProxyType(
    {CROWDFLOWER: from_folder, FLIPKART: flipkart, AMAZON_IN: amazon_in}
)
