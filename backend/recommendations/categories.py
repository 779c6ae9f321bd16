"""The popular products of categories, for lists that other sources don't fill."""

import re
from collections.abc import Collection
from functools import reduce
from operator import or_

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Length, Lower

from backend.catalog.models import PATH_SEPARATOR, Category, Product, Variant
from ml.serving import Scored

KEPT = 60
"""How many products are read."""
MAX_WORDS = 10
"""How many words of a query are read."""
MOST_WORDS_OF_A_NAME = 4
MAX_NAMED = 20
"""How many categories that a query names are read."""

_WORD = re.compile(r"\w+")


def popular_near(products: Collection[int]) -> list[Scored]:
    """Return the most popular products in stock of these products' categories, best first."""
    categories = Product.objects.filter(pk__in=products).values("category_id")
    return _popular(Q(category__in=categories)) if products else []


def popular_named(query: str) -> list[Scored]:
    """Return the most popular products in stock of categories that the query names, and of those below.

    Of the categories with these names, MAX_NAMED count, those with the shortest paths first.
    """
    names = _names(query)
    if not names:
        return []
    named = Category.objects.annotate(lower=Lower("name")).filter(lower__in=names)
    paths = list(named.order_by(Length("path"), "pk").values_list("path", flat=True)[:MAX_NAMED])
    if not paths:
        return []
    # Read first, because a statement that compares all categories with all named ones takes quadratic time.
    below = [Q(path=path) | Q(path__startswith=path + PATH_SEPARATOR) for path in paths]
    return _popular(Q(category__in=Category.objects.filter(reduce(or_, below))))


def _popular(chosen: Q) -> list[Scored]:
    in_stock: QuerySet[Variant] = Variant.objects.filter(
        product=OuterRef("pk"), is_active=True, stock__gt=F("reserved")
    )
    rows = (
        Product.objects.listed()
        .filter(chosen, Exists(in_stock))
        .order_by("-popularity", "-created_at", "-pk")
        .values_list("pk", "popularity")[:KEPT]
    )
    return [Scored(product, popularity + 1) for product, popularity in rows]


def _names(query: str) -> set[str]:
    """Return the names that a category may have if the query names it: 1 to 4 of its words.

    They are in singular and plural. The forms are those of English. SQLite changes the case of ASCII
    letters only, so that a name which begins with another letter is compared with its capital letter, too.
    """
    words = _WORD.findall(query.casefold())[:MAX_WORDS]
    found = set()
    for first in range(len(words)):
        for last in range(first + 1, min(first + MOST_WORDS_OF_A_NAME, len(words)) + 1):
            phrase = " ".join(words[first:last])
            forms = {phrase, f"{phrase}s", f"{phrase}es", phrase.removesuffix("s"), phrase.removesuffix("es")}
            found |= forms | {form.capitalize() for form in forms}
    return found - {""}
