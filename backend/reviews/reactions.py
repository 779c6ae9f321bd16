"""Votes for reviews, and reports about them."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.reviews.changes import apply, locked, refuse
from backend.reviews.errors import OwnReview, ReviewNotFound
from backend.reviews.models import Report, ReportReason, Review, ReviewState, Vote
from backend.reviews.purchases import has_received_anything

REPORTS = Actor.system("review_reports")


def vote(review_id: int, *, voter: User, now: datetime) -> Review:
    """Store that the account finds a published review helpful; a repetition changes nothing.

    Raises:
        ReviewNotFound: there is no such published review.
        OwnReview: the account wrote it.
    """
    _require_others(review_id, user=voter)
    with transaction.atomic():
        # Before the review is locked: an erasure locks the account before its reviews.
        try:
            with transaction.atomic():
                Vote.objects.create(review_id=review_id, voter=voter, created_at=now)
        except IntegrityError:
            return _published(review_id)
        row = _published(review_id)
        row.helpful_count += 1
        row.save(update_fields=["helpful_count"])
    return row


def withdraw_vote(review_id: int, *, voter: User) -> Review:
    """Remove the account's vote for a published review, if there is one.

    Raises:
        ReviewNotFound: there is no such published review.
    """
    with transaction.atomic():
        row = _published(review_id)
        deleted, _ = row.votes.filter(voter=voter).delete()
        if deleted:
            row.helpful_count -= 1
            row.save(update_fields=["helpful_count"])
    return row


def report(review_id: int, *, reporter: User, reason: ReportReason, note: str, now: datetime) -> bool:
    """Report a published review to staff; return whether this is the account's first report about it.

    A review that settings.REVIEW_REPORTS_TO_HIDE customers with a delivered order have reported is hidden
    until staff decide.

    Raises:
        ReviewNotFound: there is no such published review.
        OwnReview: the account wrote it.
    """
    product_seller = _require_others(review_id, user=reporter)
    weighs = product_seller != reporter.pk and has_received_anything(reporter.pk)
    with transaction.atomic():
        try:
            with transaction.atomic():
                Report.objects.create(
                    review_id=review_id,
                    reporter=reporter,
                    reason=reason,
                    note=note,
                    weighs=weighs,
                    created_at=now,
                )
        except IntegrityError:
            return False
        row = _published(review_id)
        row.report_count += 1
        counted = row.counted
        if row.reports.filter(is_open=True, weighs=True).count() >= settings.REVIEW_REPORTS_TO_HIDE:
            refuse(row, state=ReviewState.HIDDEN)
            changes = {"state": (ReviewState.PUBLISHED.value, row.state)}
            record("reviews.review_hidden", by=REPORTS, subject=row, changes=changes)
        row.save(update_fields=["report_count", "state", "rejection_reason", "was_refused"])
        if row.state == ReviewState.HIDDEN:
            apply(row, counted_before=counted)
    return True


def _require_others(review_id: int, *, user: User) -> int:
    """Return the seller of the product, unless the user wrote the review."""
    rows = Review.objects.filter(pk=review_id, state=ReviewState.PUBLISHED)
    found = rows.values_list("author_id", "product__seller_id").first()
    if found is None:
        raise ReviewNotFound(review_id=review_id)
    author_id, seller_id = found
    if author_id == user.pk:
        raise OwnReview(review_id=review_id)
    return seller_id


def _published(review_id: int) -> Review:
    row = locked(review_id)
    if row.state != ReviewState.PUBLISHED:
        raise ReviewNotFound(review_id=review_id)
    return row
