"""What customers do with their own reviews."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.errors import ProductNotFound
from backend.catalog.models import Product
from backend.reviews.changes import apply, locked, state_after_writing
from backend.reviews.errors import NotYourReview, OwnProduct, ReviewExists, ReviewNotFound
from backend.reviews.models import Answer, Review, ReviewState
from backend.reviews.picture_rows import delete_all_pictures
from backend.reviews.purchases import has_received

WRITTEN = ("rating", "title", "text", "language")


def create_review(
    product_id: int, *, author: User, values: Mapping[str, Any], is_tracked: bool, by: Actor, now: datetime
) -> Review:
    """Create the author's review of a listed product; `values` has the fields of WRITTEN.

    Raises:
        ProductNotFound: no listed product has this id.
        OwnProduct: the author sells it.
        ReviewExists: the author has reviewed it already.
    """
    seller_id = Product.objects.listed().filter(pk=product_id).values_list("seller_id", flat=True).first()
    if seller_id is None:
        raise ProductNotFound(product_id=product_id)
    if seller_id == author.pk:
        raise OwnProduct(product_id=product_id)
    with transaction.atomic():
        own = Review.objects.filter(product_id=product_id, author_id=author.pk)
        row = own.select_for_update(no_key=True).first()
        if row is not None and row.state != ReviewState.WITHDRAWN:
            raise ReviewExists(review_id=row.pk)
        if row is None:
            row = Review(product_id=product_id, author_id=author.pk, version=0)
        row.created_at, row.edited_at = now, None
        _write(row, values=values, is_tracked=is_tracked)
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            # Another request stored it first.
            raise ReviewExists(review_id=own.values_list("pk", flat=True).get()) from None
        record("reviews.review_created", by=by, subject=row, changes={"state": (None, row.state)})
        apply(row, counted_before=None)
    return row


def update_review(
    review_id: int, *, author: User, changes: Mapping[str, Any], is_tracked: bool, by: Actor, now: datetime
) -> Review:
    """Change fields of WRITTEN of the author's review, and return it.

    Raises:
        ReviewNotFound: the author may not see such a review.
        NotYourReview: somebody else wrote it.
    """
    with transaction.atomic():
        row = own_review(review_id, author=author)
        before, counted = (row.state, row.counted)
        if all(getattr(row, name) == value for name, value in changes.items()):
            return row
        row.edited_at = now
        _write(row, values=changes, is_tracked=is_tracked)
        row.save()
        record("reviews.review_edited", by=by, subject=row, changes={"state": (before, row.state)})
        apply(row, counted_before=counted)
    return row


def withdraw_review(review_id: int, *, author: User, by: Actor, now: datetime) -> None:
    """Remove what the author has written, with its pictures, votes, reports and answer.

    Raises:
        ReviewNotFound: the author may not see such a review.
        NotYourReview: somebody else wrote it.
    """
    with transaction.atomic():
        row = own_review(review_id, author=author)
        before, counted = (row.state, row.counted)
        delete_all_pictures([row.pk], now=now)
        row.votes.all().delete()
        row.reports.all().delete()
        Answer.objects.filter(review=row).remove(now=now)
        row.picture_count = row.helpful_count = row.report_count = 0
        row.title = row.text = row.language = row.rejection_reason = ""
        row.state, row.version, row.edited_at = ReviewState.WITHDRAWN, row.version + 1, now
        row.save()
        record("reviews.review_withdrawn", by=by, subject=row, changes={"state": (before, row.state)})
        apply(row, counted_before=counted)


def own_review(review_id: int, *, author: User) -> Review:
    """Return the author's review, locked in the caller's transaction.

    Raises:
        ReviewNotFound: the author may not see such a review, or has withdrawn it.
        NotYourReview: somebody else wrote it.
    """
    row = locked(review_id)
    _require_own(row, author=author)
    return row


def require_own_review(review_id: int, *, author: User) -> None:
    """Check that the author has such a review, before a body is read.

    Raises:
        ReviewNotFound: the author may not see such a review, or has withdrawn it.
        NotYourReview: somebody else wrote it.
    """
    row = Review.objects.filter(pk=review_id).first()
    if row is None:
        raise ReviewNotFound(review_id=review_id)
    _require_own(row, author=author)


def _require_own(row: Review, *, author: User) -> None:
    if row.author_id != author.pk and row.state == ReviewState.PUBLISHED:
        raise NotYourReview(review_id=row.pk)
    if row.author_id != author.pk or row.state == ReviewState.WITHDRAWN:
        raise ReviewNotFound(review_id=row.pk)


def written(row: Review) -> None:
    """Set the state and the version of a review that its author has changed."""
    row.state, row.version = state_after_writing(row), row.version + 1
    row.rejection_reason = ""


def _write(row: Review, *, values: Mapping[str, Any], is_tracked: bool) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    written(row)
    row.is_tracked = is_tracked
    row.is_verified = has_received(row.author_id, product_id=row.product_id)
