"""Counts the published reviews of products again."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Count, Q

from backend.catalog.models import Product
from backend.catalog.ratings import STARS, set_histogram
from backend.reviews.models import Review, ReviewState

AT_ONCE = 1_000


def recount_ratings() -> Iterator[int]:
    """Correct what products store about their ratings, and yield the ids of those that differed.

    Each product is counted under the lock that changes of its reviews take, too.
    """
    last = 0
    rated = Q(rating_count__gt=0) | Q(rating_average__isnull=False) | Q(reviews__isnull=False)
    while True:
        found = Product.objects.filter(rated, pk__gt=last).order_by("pk").values_list("pk", flat=True)
        ids = list(found.distinct()[:AT_ONCE])
        if not ids:
            return
        for product_id in ids:
            with transaction.atomic():
                differed = recount_product(product_id)
            if differed:
                yield product_id
        last = ids[-1]


def recount_product(product_id: int) -> bool:
    """Correct what a product stores about its ratings, in the caller's transaction; return whether it did."""
    # Locked before the count: a change of a review that has not committed waits for this, or this for it.
    Product.objects.select_for_update(no_key=True).get(pk=product_id)
    published = Review.objects.filter(product=product_id, state=ReviewState.PUBLISHED).order_by()
    counts = dict(published.values_list("rating").annotate(number=Count("pk")))
    return set_histogram(product_id, [counts.get(stars, 0) for stars in STARS])
