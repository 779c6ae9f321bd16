"""Decisions of staff about reviews and answers.

A decision names the version that was read. If the author has changed the text meanwhile, nothing is decided.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.reviews.changes import apply, close_reports, locked, refuse
from backend.reviews.errors import ReviewNotFound
from backend.reviews.models import Answer, AnswerState, Review, ReviewState


class Decision(StrEnum):
    """What staff decide about a text."""

    APPROVE = "approve"
    REJECT = "reject"


class OutcomeKind(StrEnum):
    """What became of one decision."""

    DECIDED = "decided"
    CHANGED_MEANWHILE = "changed_meanwhile"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A text as it was read: the id of its review, and its version."""

    review_id: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the decision about one review or answer; the state and the version are those of now."""

    review_id: int
    outcome: OutcomeKind
    state: str = ""
    version: int = 0


def decide_reviews(
    read: Iterable[Read], *, decision: Decision, reason: str = "", by: Actor, now: datetime
) -> list[Outcome]:
    """Decide about each review in a transaction of its own, and return the outcomes in the same order."""
    return [_decide_review(each, decision=decision, reason=reason, by=by, now=now) for each in read]


def decide_answers(
    read: Iterable[Read], *, decision: Decision, reason: str = "", by: Actor, now: datetime
) -> list[Outcome]:
    """Decide about the answer to each review, as `decide_reviews` does about reviews."""
    return [_decide_answer(each, decision=decision, reason=reason, by=by, now=now) for each in read]


def _decide_review(read: Read, *, decision: Decision, reason: str, by: Actor, now: datetime) -> Outcome:
    with transaction.atomic():
        try:
            row = locked(read.review_id)
        except ReviewNotFound:
            return Outcome(review_id=read.review_id, outcome=OutcomeKind.NOT_FOUND)
        if row.state == ReviewState.WITHDRAWN or row.version != read.version:
            return _outcome(row, row.pk, OutcomeKind.CHANGED_MEANWHILE)
        before, counted = row.state, row.counted
        if decision is Decision.APPROVE:
            row.state, row.rejection_reason = ReviewState.PUBLISHED, ""
        else:
            refuse(row, state=ReviewState.REJECTED, reason=reason)
        close_reports(row)
        row.decided_at = now
        row.save()
        changes = {"state": (before, row.state), "reason": ("", reason)}
        is_approved = decision is Decision.APPROVE
        action = "reviews.review_approved" if is_approved else "reviews.review_rejected"
        record(action, by=by, subject=row, changes=changes)
        apply(row, counted_before=counted)
    return _outcome(row, row.pk, OutcomeKind.DECIDED)


def _decide_answer(read: Read, *, decision: Decision, reason: str, by: Actor, now: datetime) -> Outcome:
    with transaction.atomic():
        rows = Answer.objects.existing().select_for_update(no_key=True)
        row = rows.filter(review=read.review_id).first()
        if row is None:
            return Outcome(review_id=read.review_id, outcome=OutcomeKind.NOT_FOUND)
        if row.version != read.version:
            return _outcome(row, row.review_id, OutcomeKind.CHANGED_MEANWHILE)
        before = row.state
        if decision is Decision.APPROVE:
            row.state, row.rejection_reason = AnswerState.PUBLISHED, ""
        else:
            refuse(row, state=AnswerState.REJECTED, reason=reason)
        row.decided_at = now
        row.save()
        changes = {"state": (before, row.state), "reason": ("", reason)}
        is_approved = decision is Decision.APPROVE
        action = "reviews.answer_approved" if is_approved else "reviews.answer_rejected"
        record(action, by=by, subject=row, changes=changes)
    return _outcome(row, row.review_id, OutcomeKind.DECIDED)


def _outcome(row: Review | Answer, review_id: int, kind: OutcomeKind) -> Outcome:
    return Outcome(review_id=review_id, outcome=kind, state=row.state, version=row.version)
