"""Sellers' answers to reviews of their products."""

from datetime import datetime

from django.db import transaction

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.reviews.changes import locked, state_after_writing
from backend.reviews.errors import AnswerNotFound, NotYourProductReview, ReviewNotFound
from backend.reviews.models import Answer, Review, ReviewState


def write_answer(review_id: int, *, seller: User, text: str, by: Actor, now: datetime) -> tuple[Answer, bool]:
    """Store the seller's only answer to a published review; return it and whether it is new.

    Raises:
        ReviewNotFound: there is no such published review.
        NotYourProductReview: the account doesn't sell the product.
    """
    with transaction.atomic():
        row = _answerable(review_id, seller=seller)
        # Locked, because staff may be deciding about it.
        answer = Answer.objects.select_for_update(no_key=True).filter(review=row).first()
        is_new = answer is None or answer.deleted_at is not None
        if answer is None:
            answer = Answer(review=row, version=0, created_at=now)
        elif is_new:
            answer.created_at, answer.edited_at, answer.deleted_at = now, None, None
        elif answer.text == text:
            return answer, False
        else:
            answer.edited_at = now
        before = None if is_new else answer.state
        answer.seller, answer.text, answer.version = seller, text, answer.version + 1
        answer.state, answer.rejection_reason = state_after_writing(answer), ""
        answer.save()
        record("reviews.answer_written", by=by, subject=answer, changes={"state": (before, answer.state)})
    return answer, is_new


def delete_answer(review_id: int, *, seller: User, by: Actor, now: datetime) -> None:
    """Delete the seller's answer.

    Raises:
        ReviewNotFound: there is no such published review.
        NotYourProductReview: the account doesn't sell the product.
        AnswerNotFound: there is no answer.
    """
    with transaction.atomic():
        row = _answerable(review_id, seller=seller)
        answer = Answer.objects.existing().select_for_update(no_key=True).filter(review=row).first()
        if answer is None:
            raise AnswerNotFound(review_id=review_id)
        record("reviews.answer_deleted", by=by, subject=answer, changes={"state": (answer.state, None)})
        Answer.objects.filter(pk=answer.pk).remove(now=now)


def _answerable(review_id: int, *, seller: User) -> Review:
    row = locked(review_id)
    if row.state != ReviewState.PUBLISHED:
        raise ReviewNotFound(review_id=review_id)
    if row.product.seller_id != seller.pk:
        raise NotYourProductReview(review_id=review_id)
    return row
