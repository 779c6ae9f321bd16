"""Stores many past reviews at once, such as those of the demo shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic
from backend.reviews.counting import recount_product
from backend.reviews.models import Review, ReviewState
from backend.reviews.purchases import received


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReview:
    """A review of a product that its author hasn't reviewed yet; one that isn't published waits for staff."""

    product_id: int
    author_id: int
    rating: int
    title: str
    text: str
    language: str
    created_at: datetime
    is_published: bool


def insert_reviews(reviews: Sequence[PastReview], *, by: Actor) -> None:
    """Store the reviews, count their ratings, and publish them, in one transaction."""
    with transaction.atomic():
        verified = received(
            customer_ids={one.author_id for one in reviews}, product_ids={one.product_id for one in reviews}
        )
        rows = Review.objects.bulk_create(
            Review(
                product_id=one.product_id,
                author_id=one.author_id,
                state=ReviewState.PUBLISHED if one.is_published else ReviewState.PENDING,
                rating=one.rating,
                title=one.title,
                text=one.text,
                language=one.language,
                is_verified=(one.author_id, one.product_id) in verified,
                is_tracked=True,
                created_at=one.created_at,
            )
            for one in reviews
        )
        for product_id in sorted({row.product_id for row in rows}):
            recount_product(product_id)
        publish_many(Topic.REVIEW, [row.pk for row in rows])
        subject = (Review._meta.label, "")
        record("reviews.reviews_imported", by=by, subject=subject, changes={"reviews": (None, len(rows))})
