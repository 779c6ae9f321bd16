"""Deletes the rows of pictures, and records their files as unused."""

from collections.abc import Collection
from datetime import datetime

from backend.catalog.images import files
from backend.reviews.models import ReviewPicture


def delete_all_pictures(review_ids: Collection[int], *, now: datetime) -> None:
    """Delete the pictures of the reviews, in the caller's transaction; the files are deleted later."""
    rows = ReviewPicture.objects.filter(review__in=review_ids)
    for file in rows.values_list("file", flat=True):
        files.discard(file, now=now)
    rows.delete()
