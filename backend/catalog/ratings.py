"""A product's ratings: those of the shop's own reviews, imported ones, and what is displayed of both.

The columns `stars_1` to `stars_5` count the published reviews, and `imported_rating_average` and
`imported_rating_count` are what a file stated. `rating_average`, `rating_count` and `rating_score` are
computed from them here, and nowhere else, whenever one of them changes. docs/decisions/reviews.md explains
the rules.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from django.conf import settings

from backend.catalog.models import Product
from backend.outbox.services import publish
from backend.outbox.topics import Topic

STARS = (1, 2, 3, 4, 5)
STAR_COLUMNS = tuple(f"stars_{stars}" for stars in STARS)
DISPLAYED_COLUMNS = ("rating_average", "rating_count", "rating_score")
_SHOWN_PLACES = Decimal("0.01")
_SCORE_PLACES = Decimal("0.0001")


class Displayed(NamedTuple):
    """What is displayed of a product's ratings, in the order of DISPLAYED_COLUMNS."""

    average: Decimal | None
    number: int
    score: Decimal | None
    """The Bayesian mean, by which products are sorted; None without ratings."""


def histogram_of(product: Product) -> tuple[int, ...]:
    """Return how many published reviews have 1, 2, 3, 4 and 5 stars."""
    return tuple(getattr(product, column) for column in STAR_COLUMNS)


def written_histogram(histogram: Sequence[int]) -> dict[str, int]:
    """Return the histogram as HistogramSerializer describes it, the most stars first."""
    return {str(stars): histogram[stars - 1] for stars in reversed(STARS)}


def displayed(
    histogram: Sequence[int], *, imported_average: Decimal | None, imported_count: int
) -> Displayed:
    """Return what is displayed of a product's own ratings, by stars, and of imported ones.

    Each rating counts alike. An imported average without a count, or a count without an average, is displayed
    as it is while there are no other ratings. The score is (C · m + sum of the ratings) / (C + their number),
    for the constants m and C (RATING_PRIOR_MEAN and RATING_PRIOR_WEIGHT): as if the product had C more
    ratings of m stars.
    """
    count = sum(histogram)
    total = Decimal(sum(stars * number for stars, number in zip(STARS, histogram, strict=True)))
    if imported_average is not None and imported_count:
        count += imported_count
        total += imported_average * imported_count
    if count:
        average = (total / count).quantize(_SHOWN_PLACES, ROUND_HALF_UP)
        return Displayed(average, count, _score(total, count))
    # An average without a count is sorted as if it were of one rating.
    score = None if imported_average is None else _score(imported_average, 1)
    return Displayed(imported_average, imported_count, score)


def _score(total: Decimal, count: int) -> Decimal:
    mean, weight = settings.RATING_PRIOR_MEAN, settings.RATING_PRIOR_WEIGHT
    return ((weight * mean + total) / (weight + count)).quantize(_SCORE_PLACES, ROUND_HALF_UP)


def refresh_displayed(product: Product) -> None:
    """Compute the displayed columns of a product in memory from its others."""
    found = displayed(
        histogram_of(product),
        imported_average=product.imported_rating_average,
        imported_count=product.imported_rating_count,
    )
    product.rating_average, product.rating_count, product.rating_score = found


def change_ratings(product_id: int, changes: Mapping[int, int]) -> None:
    """Add these numbers of ratings by stars, negative to remove some, and publish the product.

    The product is locked until the end of the caller's transaction, so that concurrent changes add up. The
    caller holds no lock on another product with a higher id.
    """
    if not any(changes.values()):
        return
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    for stars, number in changes.items():
        column = STAR_COLUMNS[stars - 1]
        setattr(product, column, getattr(product, column) + number)
    _store(product)


def set_histogram(product_id: int, histogram: Sequence[int]) -> bool:
    """Store a counted histogram of a locked product, with what is displayed; return whether anything changed.

    It also applies changed settings.
    """
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    before = [getattr(product, column) for column in (*STAR_COLUMNS, *DISPLAYED_COLUMNS)]
    for column, number in zip(STAR_COLUMNS, histogram, strict=True):
        setattr(product, column, number)
    refresh_displayed(product)
    if before == [getattr(product, column) for column in (*STAR_COLUMNS, *DISPLAYED_COLUMNS)]:
        return False
    _store(product)
    return True


def _store(product: Product) -> None:
    refresh_displayed(product)
    columns = (*STAR_COLUMNS, *DISPLAYED_COLUMNS)
    values = {column: getattr(product, column) for column in columns}
    Product.unpublished.filter(pk=product.pk).update(**values)
    publish(Topic.PRODUCT, product.pk)
