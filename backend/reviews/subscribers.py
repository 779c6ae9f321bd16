"""The reviews' subscriber of the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Q

from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from backend.reviews.models import Review
from backend.reviews.purchases import received


@dataclass(frozen=True, slots=True)
class VerifiedReviews:
    """Marks the reviews of customers to whom the product was delivered, whenever an order changes.

    It reads written reviews again, too, because one may be written while a delivery is recorded.
    """

    name: ClassVar[str] = "reviews.verified"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.ORDER, Topic.REVIEW})
    start: ClassVar[Start] = Start.OLDEST
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 500

    def handle(self, notices: Sequence[Notice]) -> None:
        """Mark the reviews of the orders' customers; a repetition changes nothing."""
        orders = [int(notice.key) for notice in notices if notice.topic is Topic.ORDER]
        written = [int(notice.key) for notice in notices if notice.topic is Topic.REVIEW]
        rows = Review.objects.filter(Q(pk__in=written) | Q(author__orders__in=orders)).distinct()
        found = list(rows.values_list("pk", "author_id", "product_id", "is_verified"))
        pairs = received(
            customer_ids={author for _, author, _, _ in found}, product_ids={item for _, _, item, _ in found}
        )
        for mark in (True, False):
            wrong = [
                pk for pk, *pair, marked in found if marked is not mark and (tuple(pair) in pairs) is mark
            ]
            Review.objects.filter(pk__in=wrong).update(is_verified=mark)
