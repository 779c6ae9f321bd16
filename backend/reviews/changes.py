"""What every change of a review's state or rating has to do."""

from typing import Literal

from django.conf import settings

from backend.catalog.ratings import change_ratings
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.reviews.errors import ReviewNotFound
from backend.reviews.models import Answer, Moderated, Review

Written = Literal["PENDING", "PUBLISHED"]


def locked(review_id: int) -> Review:
    """Return the review, locked in the caller's transaction.

    Raises:
        ReviewNotFound: there is no such review.
    """
    row = Review.objects.select_for_update(no_key=True).filter(pk=review_id).first()
    if row is None:
        raise ReviewNotFound(review_id=review_id)
    return row


def state_after_writing(row: Moderated) -> Written:
    """Return the state of a text that its author has just written."""
    return "PUBLISHED" if settings.REVIEWS_PUBLISHED_AT_ONCE and not row.was_refused else "PENDING"


def apply(row: Review, *, counted_before: int | None) -> None:
    """Publish a stored review, and count its rating instead of the one that counted before.

    The caller has locked the review.
    """
    publish(Topic.REVIEW, row.pk)
    changes: dict[int, int] = {}
    for stars, number in ((counted_before, -1), (row.counted, 1)):
        if stars is not None:
            changes[stars] = changes.get(stars, 0) + number
    change_ratings(row.product_id, changes)


def close_reports(row: Review) -> None:
    """Close the open reports of a locked review, which is not stored yet."""
    row.reports.filter(is_open=True).update(is_open=False)
    row.report_count = 0


def refuse(row: Review | Answer, *, state: str, reason: str = "") -> None:
    """Set the state of a text that isn't shown because of a decision, or because of reports."""
    row.state, row.rejection_reason, row.was_refused = state, reason, True
