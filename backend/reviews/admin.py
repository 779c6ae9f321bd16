"""Reviews in Django's admin: the moderation queue."""

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.api.errors import InvalidInput
from backend.api.service_admin.operations import Operation, OperationForm, Values
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.audit.actors import actor_of
from backend.reviews.models import MAX_REASON, Answer, AnswerState, Report, Review, ReviewState
from backend.reviews.moderation import (
    Decision,
    OutcomeKind,
    Read,
    decide_answers,
    decide_reviews,
)

AREA = StaffArea.REVIEWS


class ReadForm(OperationForm):
    """A decision about the version that the page shows."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def add_fields(self) -> None:
        """Show the current version."""
        self.fields["version"].initial = self.row.version


class RejectionForm(ReadForm):
    """A rejection."""

    reason = forms.CharField(max_length=MAX_REASON, help_text="The author reads it.")


def approve(request: HttpRequest, row: Review | Answer, values: Values) -> str:
    """Approve a review or an answer."""
    return _decide(request, row, values, decision=Decision.APPROVE)


def reject(request: HttpRequest, row: Review | Answer, values: Values) -> str:
    """Reject a review or an answer."""
    return _decide(request, row, values, decision=Decision.REJECT)


def _decide(request: HttpRequest, row: Review | Answer, values: Values, *, decision: Decision) -> str:
    decide, review_id = (
        (decide_reviews, row.pk) if isinstance(row, Review) else (decide_answers, row.review_id)
    )
    (outcome,) = decide(
        [Read(review_id=review_id, version=values["version"])],
        decision=decision,
        reason=values.get("reason", ""),
        by=actor_of(request),
        now=timezone.now(),
    )
    if outcome.outcome is not OutcomeKind.DECIDED:
        raise InvalidInput(review="The author has changed it meanwhile; read it again.")
    return f"It is now {outcome.state}."


class ReportInline(ServiceInline):
    """The reports about a review."""

    model = Report
    fields = ("reason", "note", "weighs", "is_open", "created_at")
    readonly_fields = fields
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """Return the reports, newest first."""
        return Report.objects.order_by("-id")


@admin.register(Review)
class ReviewAdmin(ServiceAdmin):
    """Reviews, those of the queue first in the filter."""

    area = AREA
    list_display = ("product_id", "rating", "title", "state", "is_verified", "report_count", "created_at")
    list_filter = ("state", "rating", "is_verified", "was_refused")
    ordering = ("-id",)
    search_fields = ("product__id",)
    search_help_text = "The id of a product, or of a review"
    fields = (
        "product_id",
        "state",
        "rating",
        "title",
        "text",
        "language",
        "is_verified",
        "helpful_count",
        "report_count",
        "was_refused",
        "rejection_reason",
        "version",
        "created_at",
        "edited_at",
        "decided_at",
    )
    readonly_fields = fields
    inlines = (ReportInline,)
    operations = (
        Operation(
            name="approve",
            label="Approve",
            form=ReadForm,
            perform=approve,
            applies=lambda row: row.state != ReviewState.WITHDRAWN,
            explanation="The review is shown and counted, and its reports are closed.",
        ),
        Operation(
            name="reject",
            label="Reject",
            form=RejectionForm,
            perform=reject,
            applies=lambda row: row.state not in (ReviewState.WITHDRAWN, ReviewState.REJECTED),
        ),
    )

    def matching(self, text: str) -> Q:
        """Find reviews by their id or that of the product."""
        number = int(text) if text.isdecimal() and len(text) < 19 else 0
        return Q(pk=number) | Q(product=number)


@admin.register(Answer)
class AnswerAdmin(ServiceAdmin):
    """Sellers' answers."""

    area = AREA
    list_display = ("review_id", "state", "text", "created_at")
    list_filter = ("state",)
    ordering = ("-id",)
    search_fields = ("review__id",)
    search_help_text = "The id of a review"
    fields = (
        "review_id",
        "state",
        "text",
        "rejection_reason",
        "version",
        "created_at",
        "edited_at",
        "deleted_at",
    )
    readonly_fields = fields
    operations = (
        Operation(
            name="approve",
            label="Approve",
            form=ReadForm,
            perform=approve,
            applies=lambda row: row.state != AnswerState.PUBLISHED and row.deleted_at is None,
        ),
        Operation(
            name="reject",
            label="Reject",
            form=RejectionForm,
            perform=reject,
            applies=lambda row: row.state != AnswerState.REJECTED and row.deleted_at is None,
        ),
    )

    def matching(self, text: str) -> Q:
        """Find the answer to a review."""
        return Q(review=int(text) if text.isdecimal() and len(text) < 19 else 0)
