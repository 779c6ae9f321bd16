"""Queries for reviews."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.catalog.errors import ProductNotFound
from backend.catalog.models import Product
from backend.catalog.ratings import STAR_COLUMNS, STARS, written_histogram
from backend.catalog.visibility import Ownership, require_visible
from backend.reviews.errors import ReviewNotFound
from backend.reviews.models import Answer, AnswerState, Review, ReviewState

ORDERINGS: dict[str, tuple[str, ...]] = {
    "helpful": ("-helpful_count", "-created_at", "-id"),
    "newest": ("-created_at", "-id"),
    "highest": ("-rating", "-created_at", "-id"),
    "lowest": ("rating", "-created_at", "-id"),
}
DEFAULT_ORDERING = "helpful"
QUEUED = (ReviewState.PENDING, ReviewState.HIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilters:
    """The filters of a product's reviews; None means no filter."""

    rating: int | None = None
    verified: bool | None = None
    with_pictures: bool | None = None
    language: str | None = None


def rating_summary(product_id: int, *, user: object) -> dict[str, Any]:
    """Return a product's ratings as RatingSummarySerializer describes them, in one query.

    Raises:
        ProductNotFound: it doesn't exist, or is unlisted and the user is neither its seller nor staff.
    """
    row = Product.objects.existing().filter(pk=product_id).values(
        "seller_id",
        "is_active",
        "rating_average",
        "rating_count",
        "imported_rating_average",
        "imported_rating_count",
        *STAR_COLUMNS,
    ).first()  # fmt: skip
    if row is None:
        raise ProductNotFound(product_id=product_id)
    require_visible(product_id, ownership=Ownership(row["seller_id"], row["is_active"]), user=user)
    histogram = [row[column] for column in STAR_COLUMNS]
    own = sum(histogram)
    total = sum(stars * number for stars, number in zip(STARS, histogram, strict=True))
    return {
        "rating_average": _two_places(row["rating_average"]),
        "rating_count": row["rating_count"],
        "rating_histogram": written_histogram(histogram),
        "review_average": _two_places(total / own) if own else None,
        "review_count": own,
        "imported_average": _two_places(row["imported_rating_average"]),
        "imported_count": row["imported_rating_count"],
    }


def _two_places(number: Any) -> str | None:
    return None if number is None else f"{number:.2f}"


def reviews_of_product(product_id: int, filters: ReviewFilters, *, sort_by: str | None) -> QuerySet[Review]:
    """Return the published reviews of a product, with their authors, pictures and answers."""
    rows = Review.objects.filter(product=product_id, state=ReviewState.PUBLISHED)
    if filters.rating is not None:
        rows = rows.filter(rating=filters.rating)
    if filters.verified is not None:
        rows = rows.filter(is_verified=filters.verified)
    if filters.with_pictures is not None:
        rows = rows.filter(picture_count__gt=0) if filters.with_pictures else rows.filter(picture_count=0)
    if filters.language is not None:
        # `pt` finds `pt-BR`, too.
        exact, region = Q(language__iexact=filters.language), Q(language__istartswith=f"{filters.language}-")
        rows = rows.filter(exact | region)
    return shown(rows).order_by(*ORDERINGS[sort_by or DEFAULT_ORDERING])


def shown(rows: QuerySet[Review]) -> QuerySet[Review]:
    """Return the reviews with the related rows that responses include, in two queries."""
    return rows.select_related("author", "answer", "product").prefetch_related("pictures")


def review_for(review_id: int, *, user: object) -> Review:
    """Return a review that the user may see: a published one, their own, or any for staff.

    Raises:
        ReviewNotFound: there is none.
    """
    row = shown(Review.objects.filter(pk=review_id)).first()
    if row is None or not _is_visible(row, user=user):
        raise ReviewNotFound(review_id=review_id)
    return row


def _is_visible(row: Review, *, user: object) -> bool:
    if isinstance(user, User) and user.has_area(StaffArea.REVIEWS):
        return True
    if row.state == ReviewState.WITHDRAWN:
        return False
    is_own = isinstance(user, User) and row.author_id == user.pk
    return is_own or (row.state == ReviewState.PUBLISHED and row.product.is_listed)


def reviews_by(author: User) -> QuerySet[Review]:
    """Return the reviews that the author hasn't withdrawn, newest first."""
    rows = Review.objects.filter(author=author).exclude(state=ReviewState.WITHDRAWN)
    return shown(rows).order_by("-created_at", "-id")


def reviews_for_seller(seller: User, *, answered: bool | None) -> QuerySet[Review]:
    """Return the published reviews of the seller's products, newest first."""
    rows = Review.objects.filter(product__seller=seller, state=ReviewState.PUBLISHED)
    if answered is not None:
        with_answer = Exists(Answer.objects.existing().filter(review=OuterRef("pk")))
        rows = rows.filter(with_answer if answered else ~with_answer)
    return shown(rows).order_by("-created_at", "-id")


def moderated_reviews(
    *, state: ReviewState | None, reported: bool | None, product_id: int | None
) -> QuerySet[Review]:
    """Return the reviews in a state, oldest first; without one, those that wait for a decision.

    With `reported`, these are the reviews with open reports, in any state unless one is given.
    """
    rows = Review.objects.all()
    if state is not None:
        rows = rows.filter(state=state)
    elif reported is None:
        rows = rows.filter(state__in=QUEUED)
    if reported is not None:
        rows = rows.filter(report_count__gt=0) if reported else rows.filter(report_count=0)
    if product_id is not None:
        rows = rows.filter(product=product_id)
    return shown(rows).prefetch_related("reports").order_by("created_at", "id")


def moderated_answers(*, state: AnswerState | None) -> QuerySet[Answer]:
    """Return the answers in a state, oldest first; without one, those that wait for a decision."""
    rows = Answer.objects.existing().filter(state=state or AnswerState.PENDING)
    return (
        rows.select_related("review__author", "review__product", "seller")
        .prefetch_related("review__pictures")
        .order_by("created_at", "id")
    )
