"""Reviews with their pictures, votes, reports and answers.

    PENDING ──▶ PUBLISHED ──▶ HIDDEN        an edit leads back to PENDING,
       └──▶ REJECTED ◀──┴───────┘           a withdrawal from everywhere to WITHDRAWN

docs/decisions/reviews.md describes the states. Locks are always taken in this order: review → product.
"""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.catalog.models import Product

MAX_TITLE = 150
MAX_TEXT = 5_000
MAX_ANSWER = 2_000
MAX_REASON = 500


class ReviewState(models.TextChoices):
    """The state of a review; only published ones are shown and counted."""

    PENDING = "PENDING", "to be decided"
    PUBLISHED = "PUBLISHED", "published"
    REJECTED = "REJECTED", "rejected"
    HIDDEN = "HIDDEN", "hidden after reports"
    WITHDRAWN = "WITHDRAWN", "withdrawn"


class AnswerState(models.TextChoices):
    """The state of a seller's answer."""

    PENDING = "PENDING", "to be decided"
    PUBLISHED = "PUBLISHED", "published"
    REJECTED = "REJECTED", "rejected"


class ReportReason(models.TextChoices):
    """Why somebody reports a review."""

    OFFENSIVE = "offensive", "offensive"
    ADVERTISING = "advertising", "advertising"
    OTHER_PRODUCT = "other_product", "about another product"
    FAKE = "fake", "not the author's experience"
    PERSONAL_DATA = "personal_data", "personal data of others"
    OTHER = "other", "another reason"


class Moderated(models.Model):
    """A text that staff decide about.

    `version` grows with every change of the author, so that a decision is about the text that was read.
    `was_refused` says that it was rejected or hidden before: then it is always moderated.
    """

    version = models.PositiveIntegerField(default=1)
    was_refused = models.BooleanField(default=False)
    rejection_reason = models.CharField(max_length=MAX_REASON, blank=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Review(Moderated):
    """A customer's review of a product. The row of a withdrawn one stays, without its texts.

    `is_verified` says that a unit of the product was delivered to the author. `is_tracked` says whether the
    warehouse may have the author's key. `helpful_count`, `picture_count` and `report_count` (open reports)
    equal the numbers of rows.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="reviews")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews")
    state = models.CharField(max_length=9, choices=ReviewState.choices, default=ReviewState.PENDING)
    rating = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=MAX_TITLE, blank=True)
    text = models.TextField(max_length=MAX_TEXT, blank=True)
    language = models.CharField(max_length=11, blank=True)
    is_verified = models.BooleanField(default=False)
    is_tracked = models.BooleanField(default=False)
    picture_count = models.PositiveSmallIntegerField(default=0)
    helpful_count = models.PositiveIntegerField(default=0)
    report_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "author"], name="review_once"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="review_rating_is_stars"),
            models.CheckConstraint(condition=Q(state__in=ReviewState.values), name="review_state_is_known"),
        ]
        indexes = [
            models.Index(
                fields=["product", "-created_at"],
                name="review_published",
                condition=Q(state=ReviewState.PUBLISHED),
            ),
            models.Index(
                fields=["created_at"],
                name="review_undecided",
                condition=Q(state__in=[ReviewState.PENDING, ReviewState.HIDDEN]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rating} stars for product {self.product_id}"

    @property
    def counted(self) -> int | None:
        """The rating, if it counts."""
        return self.rating if self.state == ReviewState.PUBLISHED else None


class ReviewPicture(models.Model):
    """A picture of a review; `file` is the folder of its files, `digest` the SHA-256 of the upload."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="pictures")
    file = models.CharField(max_length=80, unique=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["review", "digest"], name="review_picture_once")]

    def __str__(self) -> str:
        return self.file


class Vote(models.Model):
    """An account found a review helpful."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="votes")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_votes")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "voter"], name="review_vote_once")]

    def __str__(self) -> str:
        return f"a vote for review {self.review_id}"


class Report(models.Model):
    """An account reported a review. `weighs` says whether it counts towards hiding the review."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_reports"
    )
    reason = models.CharField(max_length=13, choices=ReportReason.choices)
    note = models.CharField(max_length=MAX_REASON, blank=True)
    weighs = models.BooleanField(default=False)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "reporter"], name="review_report_once"),
            models.CheckConstraint(
                condition=Q(reason__in=ReportReason.values), name="review_report_reason_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: review {self.review_id}"


class AnswerQuerySet(models.QuerySet["Answer"]):
    """Queries of answers."""

    def existing(self) -> Self:
        """Return the answers that weren't deleted."""
        return self.filter(deleted_at=None)

    def remove(self, *, now: datetime) -> int:
        """Delete the texts of the existing ones, and return how many there were."""
        return self.existing().update(
            text="", rejection_reason="", state=AnswerState.PENDING, version=F("version") + 1, deleted_at=now
        )


class Answer(Moderated):
    """The answer of the product's seller to a review.

    The row of a deleted one stays, without its text, so that its next version is another one for staff who
    have read it, and is moderated if it was refused before.
    """

    review = models.OneToOneField(Review, on_delete=models.CASCADE, related_name="answer")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=AnswerState.choices, default=AnswerState.PENDING)
    text = models.TextField(max_length=MAX_ANSWER)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=AnswerState.values), name="review_answer_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"the answer to review {self.review_id}"
