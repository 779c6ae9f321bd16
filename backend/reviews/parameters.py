"""The query parameters of lists of reviews, and the bodies of decisions."""

from typing import Any, ClassVar

from rest_framework import serializers

from backend.api.fields import Choice, Identifier
from backend.api.parameters import Body, PageParameters
from backend.api.text import Text
from backend.reviews.models import MAX_REASON, AnswerState, ReviewState
from backend.reviews.moderation import Decision, Read
from backend.reviews.selectors import DEFAULT_ORDERING, ORDERINGS

MAX_DECISIONS = 100


def _flag(help_text: str) -> serializers.BooleanField:
    return serializers.BooleanField(required=False, default=None, allow_null=True, help_text=help_text)


class ReviewListParameters(PageParameters):
    """The parameters of a product's reviews."""

    sort_by = Choice(choices=list(ORDERINGS), required=False, default=DEFAULT_ORDERING)
    rating = serializers.IntegerField(
        min_value=1, max_value=5, required=False, default=None, help_text="Only reviews with so many stars."
    )
    verified = _flag("Only reviews of customers who received the product, or only others.")
    with_pictures = _flag("Only reviews with pictures, or only others.")
    language = serializers.RegexField(
        r"^[A-Za-z0-9-]{2,11}(?![\s\S])",
        required=False,
        default=None,
        help_text="Only reviews in this language; `pt` finds `pt-BR`, too.",
    )


class ReceivedReviewListParameters(PageParameters):
    """The parameters of the reviews of a seller's products."""

    answered = _flag("Only reviews with an answer, or only those without.")


class ModerationListParameters(PageParameters):
    """The parameters of the moderation queue."""

    state = Choice(
        choices=ReviewState.values,
        required=False,
        default=None,
        help_text="By default reviews that wait for a decision: PENDING and HIDDEN.",
    )
    reported = _flag("Only reviews with open reports, in all states; or only those without.")
    product = Identifier(required=False, default=None, help_text="Only reviews of this product.")


class AnswerModerationListParameters(PageParameters):
    """The parameters of the moderation queue of answers."""

    state = Choice(choices=AnswerState.values, required=False, default=None, help_text="PENDING by default.")


class ReadReviewSerializer(Body):
    """A review or answer, in the version that was read."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"review_id": 1, "version": 1}

    review_id = Identifier()
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class DecisionSerializer(Body):
    """A decision about reviews, or about the answers to them."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"decision": "reject", "reason": "It is about another product."}

    reviews = serializers.ListField(child=ReadReviewSerializer(), min_length=1, max_length=MAX_DECISIONS)
    decision = serializers.ChoiceField(choices=[decision.value for decision in Decision])
    reason = Text(
        max_length=MAX_REASON,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why it is rejected; its author reads it.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require a reason for a rejection, and each review once."""
        if attrs["decision"] == Decision.REJECT and not attrs["reason"]:
            raise serializers.ValidationError({"reason": ["Say why it is rejected."]})
        ids = [each["review_id"] for each in attrs["reviews"]]
        if len(set(ids)) < len(ids):
            raise serializers.ValidationError({"reviews": ["A review is listed twice."]})
        return {
            "read": [Read(**each) for each in attrs["reviews"]],
            "decision": Decision(attrs["decision"]),
            "reason": attrs["reason"] if attrs["decision"] == Decision.REJECT else "",
        }
