"""The representations of reviews; the serializers of the same names describe them to the API's schema."""

from datetime import datetime
from typing import Any

from backend.accounts.models import User
from backend.api.timestamps import timestamp
from backend.reviews.models import Answer, AnswerState, Review
from backend.reviews.pictures import shown_picture

UNNAMED = "A customer"


def display_name(author: User) -> str:
    """Return the first name and the initial of the last name, or UNNAMED."""
    first, last = author.first_name.strip(), author.last_name.strip()
    if not first:
        return UNNAMED
    return f"{first} {last[0]}." if last else first


def shown_review(row: Review) -> dict[str, Any]:
    """Return a review as all see it."""
    answer = _answer_of(row)
    return {
        "id": row.pk,
        "product": row.product_id,
        "author": display_name(row.author),
        "rating": row.rating,
        "title": row.title,
        "text": row.text,
        "language": row.language,
        "is_verified": row.is_verified,
        "pictures": [shown_picture(picture) for picture in row.pictures.all()],
        "helpful_count": row.helpful_count,
        "created_at": timestamp(row.created_at),
        "edited_at": _time(row.edited_at),
        "answer": shown_answer(answer) if answer and answer.state == AnswerState.PUBLISHED else None,
    }


def shown_own_review(row: Review) -> dict[str, Any]:
    """Return a review as its author sees it."""
    return {
        **shown_review(row),
        "product_title": row.product.title,
        "state": row.state,
        "rejection_reason": row.rejection_reason,
    }


def shown_to_seller(row: Review) -> dict[str, Any]:
    """Return a published review as the product's seller sees it, with the answer in any state."""
    answer = _answer_of(row)
    return {
        **shown_review(row),
        "product_title": row.product.title,
        "own_answer": shown_own_answer(answer) if answer else None,
    }


def shown_to_staff(row: Review) -> dict[str, Any]:
    """Return a review as staff see it."""
    return {
        **shown_own_review(row),
        "version": row.version,
        "was_refused": row.was_refused,
        "report_count": row.report_count,
        "reports": [
            {
                "reason": report.reason,
                "note": report.note,
                "weighs": report.weighs,
                "is_open": report.is_open,
                "created_at": timestamp(report.created_at),
            }
            for report in row.reports.all()
        ],
    }


def shown_answer(answer: Answer) -> dict[str, Any]:
    """Return an answer as all see it."""
    return {
        "text": answer.text,
        "created_at": timestamp(answer.created_at),
        "edited_at": _time(answer.edited_at),
    }


def shown_own_answer(answer: Answer) -> dict[str, Any]:
    """Return an answer as the seller sees it."""
    return {
        **shown_answer(answer),
        "state": answer.state,
        "rejection_reason": answer.rejection_reason,
    }


def shown_answer_to_staff(answer: Answer) -> dict[str, Any]:
    """Return an answer as staff see it, with the review that it answers."""
    return {
        **shown_own_answer(answer),
        "review": shown_review(answer.review),
        "version": answer.version,
        "was_refused": answer.was_refused,
    }


def _answer_of(row: Review) -> Answer | None:
    answer: Answer | None = getattr(row, "answer", None)
    return None if answer is None or answer.deleted_at is not None else answer


def _time(at: datetime | None) -> str | None:
    return None if at is None else timestamp(at)
