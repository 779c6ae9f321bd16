"""Writes of reviews."""

from typing import Any

from backend.reviews.answers import write_answer
from backend.reviews.models import Answer, Review
from tests.backend.config.admin_site.writes.write import Write, values
from tests.backend.reviews.written import review
from tests.backend.shop import NOW, SYSTEM

CHANGED = "The author has changed it meanwhile"


def pending(_: Any) -> Review:
    return review(approved=False)


def answered(_: Any) -> Answer:
    row = review()
    return write_answer(row.pk, seller=row.product.seller, text="Thanks", by=SYSTEM, now=NOW)[0]


def state_of(row: Any) -> str:
    return str(row.state)


REVIEWS = (
    *(
        Write(
            model=model,
            name="approve",
            arrange=arrange,
            sent=values(version="1"),
            wrong=values(version="7"),
            error=CHANGED,
            state=state_of,
            expected="PUBLISHED",
            audit=f"reviews.{name}_approved",
        )
        for model, arrange, name in ((Review, pending, "review"), (Answer, answered, "answer"))
    ),
    *(
        Write(
            model=model,
            name="reject",
            arrange=arrange,
            sent=values(version="1", reason="Advertising"),
            wrong=values(version="1"),
            error="This field is required",
            state=state_of,
            expected="REJECTED",
            audit=f"reviews.{name}_rejected",
        )
        for model, arrange, name in ((Review, pending, "review"), (Answer, answered, "answer"))
    ),
)
