"""Reviews of the generated shop: of customers to whom the product was delivered."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from numpy.random import Generator

from backend.audit.actors import Actor
from backend.orders.models import OrderItem
from backend.reviews.bulk import PastReview, insert_reviews

MOST = 300
PENDING = 5
"""The newest reviews, which wait for staff."""
WRITTEN_AFTER = timedelta(days=5)
SHARES = (0.04, 0.06, 0.13, 0.33, 0.44)
"""Of ratings of 1 to 5 stars."""
TEXTS: dict[int, tuple[tuple[str, str], ...]] = {
    1: (
        ("Broke quickly", "It broke in the second week."),
        ("Not as described", "It has another colour."),
    ),
    2: (("Disappointing", "Less sturdy than it looks in the pictures."), ("Too loud", "")),
    3: (("Does its job", "Nothing special, but it works."), ("Average", "Good idea, mediocre finish.")),
    4: (
        ("Good value", "Well made for the price. The packaging could be smaller."),
        ("Nice", ""),
        ("Would buy again", "One point less, because the manual is short."),
    ),
    5: (
        ("Exactly right", "Just what I was looking for. It arrived quickly, too."),
        ("Excellent", "We use it every day and have had no problems."),
        ("Great present", "My sister likes it very much."),
        ("", ""),
    ),
}


def store_reviews(*, source: str, now: datetime, rng: Generator, by: Actor) -> int:
    """Store reviews of delivered products, in the caller's transaction; return how many."""
    found = list(_received(source=source, until=now - WRITTEN_AFTER))
    chosen = sorted(rng.permutation(len(found))[:MOST].tolist(), key=lambda place: found[place][2])
    reviews = []
    for number, place in enumerate(chosen):
        author_id, product_id, ordered_at = found[place]
        rating = 1 + int(rng.choice(len(SHARES), p=SHARES))
        title, text = TEXTS[rating][int(rng.integers(len(TEXTS[rating])))]
        reviews.append(
            PastReview(
                product_id=product_id,
                author_id=author_id,
                rating=rating,
                title=title,
                text=text,
                language="en" if title else "",
                created_at=ordered_at + WRITTEN_AFTER,
                is_published=number < len(chosen) - PENDING,
            )
        )
    insert_reviews(reviews, by=by)
    return len(reviews)


def _received(*, source: str, until: datetime) -> Iterator[tuple[int, int, datetime]]:
    """Yield each customer and product with a delivered unit, and the time of the first order."""
    items = OrderItem.objects.filter(
        order__source=source,
        order__user__isnull=False,
        order__placed_at__lte=until,
        delivered__gt=0,
        product__is_active=True,
    )
    rows = items.order_by("order__placed_at", "pk").values_list(
        "order__user_id", "product_id", "order__placed_at"
    )
    known: set[tuple[int, int]] = set()
    for author_id, product_id, ordered_at in rows:
        if (author_id, product_id) not in known:
            known.add((author_id, product_id))
            yield author_id, product_id, ordered_at
