"""The personal data of reviews: what a customer wrote, voted for and reported."""

from datetime import datetime

from django.db.models import F

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.reviews.changes import apply
from backend.reviews.models import Report, Review, ReviewPicture, Vote
from backend.reviews.picture_rows import delete_all_pictures


class ReviewData(PersonalTables):
    """A customer's reviews, with their pictures, votes and reports."""

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Delete them, and subtract them from the counts of products and of others' reviews."""
        others = Review.objects.exclude(author=user_id)
        touched = others.filter(votes__voter=user_id) | others.filter(reports__reporter=user_id)
        own = Review.objects.filter(author=user_id)
        keys = set(own.values_list("pk", flat=True)) | set(touched.values_list("pk", flat=True))
        # All at once and by id, before the products; see the order of locks.
        rows = Review.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        locked = {row.pk: row for row in rows}
        others.filter(pk__in=locked, votes__voter=user_id).update(helpful_count=F("helpful_count") - 1)
        reported = others.filter(pk__in=locked, reports__reporter=user_id, reports__is_open=True)
        reported.update(report_count=F("report_count") - 1)
        mine = [row for row in locked.values() if row.author_id == user_id]
        delete_all_pictures([row.pk for row in mine], now=now)
        for row in sorted(mine, key=lambda row: row.product_id):
            counted, row.state = row.counted, "WITHDRAWN"
            apply(row, counted_before=counted)
        return super().erase(user_id, now=now)


PERSONAL_DATA = ReviewData(
    "reviews",
    [
        PersonalRows(
            section="review_votes",
            model=Vote,
            owner=owned_by("voter"),
            exported=["review", "created_at"],
            withheld=["id", "voter"],
        ),
        PersonalRows(
            section="review_reports",
            model=Report,
            owner=owned_by("reporter"),
            exported=["review", "reason", "note", "created_at"],
            withheld=["id", "reporter", "weighs", "is_open"],
        ),
        PersonalRows(
            section="review_pictures",
            model=ReviewPicture,
            owner=owned_by("review__author"),
            exported=["review", "file", "width", "height", "created_at"],
            withheld=["id", "digest"],
        ),
        PersonalRows(
            section="reviews",
            model=Review,
            owner=owned_by("author"),
            exported=[
                "id",
                "product",
                "state",
                "rating",
                "title",
                "text",
                "language",
                "is_verified",
                "is_tracked",
                "helpful_count",
                "rejection_reason",
                "created_at",
                "edited_at",
                "decided_at",
            ],
            withheld=["author", "version", "was_refused", "picture_count", "report_count"],
        ),
    ],
)
