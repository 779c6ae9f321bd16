"""Families of products: variations of one thing, by category and the beginning of the title."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.catalogue import Catalogue, ProductFacts
from ml.diversity import NONE

WORDS = 2
_WORD = re.compile(r"[^\W_]+")
# Quantities and small words say nothing about what a product is.
_LEAST_LETTERS = 3


def kinds_of(catalogue: Catalogue) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of `ml.diversity.Kinds` for all products: ids, families and categories (uint32).

    A family is a category and the first WORDS normalised words of a title.
    """
    ids = sorted(catalogue.products)
    products = [catalogue.products[key] for key in ids]
    categories = [_category(product) for product in products]
    words = [_first_words(product.title) for product in products]
    families = [
        f"{category}\0{title}" if title else "" for category, title in zip(categories, words, strict=True)
    ]
    return {
        "products": np.array(ids, np.int64),
        "families": _numbered(families),
        "categories": _numbered(categories),
    }


def _category(product: ProductFacts) -> str:
    return "\0".join(product.category).casefold()


def _first_words(title: str) -> str:
    """Return the first telling words without accents; if a title has none, its first words."""
    plain = "".join(
        sign for sign in unicodedata.normalize("NFKD", title.casefold()) if not unicodedata.combining(sign)
    )
    words = _WORD.findall(plain)
    telling = [word for word in words if len(word) >= _LEAST_LETTERS and not word.isdigit()]
    return " ".join((telling or words)[:WORDS])


def _numbered(names: list[str]) -> NDArray[np.uint32]:
    """Return a number from 1 on for each different name, NONE for the empty one."""
    numbers = np.unique(np.array(["", *names]), return_inverse=True)[1]
    return numbers[1:].astype(np.uint32) + np.uint32(NONE)
