"""Serializers of reviews."""

from typing import Any, ClassVar

from rest_framework import serializers

from backend.accounts.serializers import LANGUAGE_TAG
from backend.api.parameters import Body
from backend.api.text import Text
from backend.catalog.images.serializers import ImageURL
from backend.catalog.serializers import HistogramSerializer
from backend.reviews.models import (
    MAX_ANSWER,
    MAX_TEXT,
    MAX_TITLE,
    AnswerState,
    ReportReason,
    ReviewState,
)
from backend.reviews.moderation import OutcomeKind

PICTURE = {
    "id": 1,
    "url": "/media/products/1/5f0c6e7d9a1b4c3d8e2f0a1b2c3d4e5f/image.webp",
    "thumbnails": {"480": "/media/products/1/5f0c6e7d9a1b4c3d8e2f0a1b2c3d4e5f/480.webp"},
    "width": 1200,
    "height": 900,
}
WRITTEN = {
    "rating": 5,
    "title": "Boils fast",
    "text": "Two litres in four minutes.\nThe handle stays cold.",
    "language": "en",
}
ANSWER = {"text": "Thank you!", "created_at": "2026-03-04T12:00:00Z", "edited_at": None}
REVIEW = {
    "id": 1,
    "product": 1,
    "author": "Ada L.",
    **WRITTEN,
    "is_verified": True,
    "helpful_count": 3,
    "created_at": "2026-03-02T12:00:00Z",
    "edited_at": None,
}
OWN = {"product_title": "Copper kettle", "state": "PUBLISHED", "rejection_reason": ""}


class ReviewPictureSerializer(serializers.Serializer[Any]):
    """A picture of a review."""

    EXAMPLE = PICTURE

    id = serializers.IntegerField()
    url = ImageURL()
    thumbnails = serializers.DictField(
        child=ImageURL(), help_text="Smaller copies by the length of their longer side: 160 and 480 pixels."
    )
    width = serializers.IntegerField(help_text="In pixels.")
    height = serializers.IntegerField(help_text="In pixels.")


class ReviewAnswerSerializer(serializers.Serializer[Any]):
    """The seller's answer to a review."""

    EXAMPLE: ClassVar[dict[str, Any]] = ANSWER

    text = serializers.CharField(help_text="Plain text.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


class OwnAnswerSerializer(ReviewAnswerSerializer):
    """The seller's answer, as the seller sees it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**ANSWER, "state": "PUBLISHED", "rejection_reason": ""}

    state = serializers.ChoiceField(choices=AnswerState.choices)
    rejection_reason = serializers.CharField(help_text="Why it was rejected.")


class ReviewSerializer(serializers.Serializer[Any]):
    """A review."""

    EXAMPLE: ClassVar[dict[str, Any]] = REVIEW

    id = serializers.IntegerField()
    product = serializers.IntegerField(help_text="The id of the product.")
    author = serializers.CharField(
        help_text="The first name and the initial of the last name, or `A customer`."
    )
    rating = serializers.IntegerField(min_value=1, max_value=5, help_text="Stars.")
    title = serializers.CharField(help_text="Plain text; may be empty.")
    text = serializers.CharField(help_text="Plain text with line breaks; may be empty.")
    language = serializers.CharField(help_text="A BCP 47 tag; empty if the author gave none.")
    is_verified = serializers.BooleanField(help_text="Whether the product was delivered to the author.")
    pictures = ReviewPictureSerializer(many=True)
    helpful_count = serializers.IntegerField(help_text="How many accounts found it helpful.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True, help_text="Null if it was not changed.")
    answer = ReviewAnswerSerializer(allow_null=True, help_text="The published answer of the seller.")


class OwnReviewSerializer(ReviewSerializer):
    """A review as its author sees it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**REVIEW, **OWN}

    product_title = serializers.CharField()
    state = serializers.ChoiceField(choices=ReviewState.choices)
    rejection_reason = serializers.CharField(help_text="Why it was rejected.")


class ReceivedReviewSerializer(ReviewSerializer):
    """A review as the product's seller sees it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**REVIEW, "product_title": "Copper kettle"}

    product_title = serializers.CharField()
    own_answer = OwnAnswerSerializer(allow_null=True, help_text="The answer, published or not.")


class ReviewReportSerializer(serializers.Serializer[Any]):
    """A report about a review."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "reason": "advertising",
        "note": "Links to another shop.",
        "weighs": True,
        "is_open": True,
        "created_at": "2026-03-03T12:00:00Z",
    }

    reason = serializers.ChoiceField(choices=ReportReason.choices)
    note = serializers.CharField()
    weighs = serializers.BooleanField(help_text="Whether it counts towards hiding the review.")
    is_open = serializers.BooleanField(help_text="Whether staff have not decided since.")
    created_at = serializers.DateTimeField()


class ModeratedReviewSerializer(OwnReviewSerializer):
    """A review as staff see it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **REVIEW,
        **OWN,
        "state": "PENDING",
        "version": 1,
        "was_refused": False,
        "report_count": 1,
    }

    version = serializers.IntegerField(help_text="Send it with a decision.")
    was_refused = serializers.BooleanField(help_text="Whether it was rejected or hidden before.")
    report_count = serializers.IntegerField(help_text="The number of open reports.")
    reports = ReviewReportSerializer(many=True)


class ModeratedAnswerSerializer(OwnAnswerSerializer):
    """An answer as staff see it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **ANSWER,
        "state": "PENDING",
        "rejection_reason": "",
        "version": 1,
        "was_refused": False,
    }

    review = ReviewSerializer()
    version = serializers.IntegerField(help_text="Send it with a decision.")
    was_refused = serializers.BooleanField(help_text="Whether it was rejected before.")


class RatingSummarySerializer(serializers.Serializer[Any]):
    """A product's ratings."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "rating_average": "4.50",
        "rating_count": 24,
        "rating_histogram": HistogramSerializer.EXAMPLE,
        "review_average": "4.50",
        "review_count": 12,
        "imported_average": "4.50",
        "imported_count": 12,
    }

    rating_average = serializers.CharField(allow_null=True, help_text="Of own reviews and imported ratings.")
    rating_count = serializers.IntegerField(help_text="Of own reviews and imported ratings.")
    rating_histogram = HistogramSerializer(help_text="Of own reviews.")
    review_average = serializers.CharField(allow_null=True, help_text="Of own reviews.")
    review_count = serializers.IntegerField(help_text="Of own reviews.")
    imported_average = serializers.CharField(allow_null=True, help_text="As an import stated it.")
    imported_count = serializers.IntegerField(help_text="As an import stated it.")


class ReviewSummarySerializer(serializers.Serializer[Any]):
    """The state of a review after a vote."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"id": 1, "helpful_count": 4}

    id = serializers.IntegerField()
    helpful_count = serializers.IntegerField()


class ReviewOutcomeSerializer(serializers.Serializer[Any]):
    """What became of a decision."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "review_id": 1,
        "outcome": "decided",
        "state": "PUBLISHED",
        "version": 1,
    }

    review_id = serializers.IntegerField()
    outcome = serializers.ChoiceField(
        choices=[kind.value for kind in OutcomeKind],
        help_text="`changed_meanwhile`: the author has changed or withdrawn the text; read it again.",
    )
    state = serializers.CharField(help_text="Empty if there is no such review.")
    version = serializers.IntegerField()


class ReviewInputSerializer(Body):
    """A new review."""

    EXAMPLE: ClassVar[dict[str, Any]] = WRITTEN

    rating = serializers.IntegerField(min_value=1, max_value=5, help_text="Stars.")
    title = Text(max_length=MAX_TITLE, required=False, allow_blank=True, default="")
    text = Text(
        several_lines=True,
        max_length=MAX_TEXT,
        required=False,
        allow_blank=True,
        default="",
        help_text="Plain text; HTML and links are shown as they are.",
    )
    language = serializers.RegexField(
        LANGUAGE_TAG,
        max_length=11,
        required=False,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        error_messages={"invalid": "Must be a BCP 47 tag, such as `en` or `pt-BR`."},
        help_text="The language of the text, as a BCP 47 tag; empty if unknown.",
    )


class ReviewChangesSerializer(ReviewInputSerializer):
    """Changes to a review; fields that are not sent keep their values."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Validate the fields that are sent."""
        super().__init__(*arguments, **{**options, "partial": True})


class ReviewReportInputSerializer(Body):
    """A report about a review."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "advertising", "note": "Links to another shop."}

    reason = serializers.ChoiceField(choices=ReportReason.choices)
    note = Text(max_length=500, required=False, allow_blank=True, default="")


class AnswerInputSerializer(Body):
    """An answer."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"text": ANSWER["text"]}

    text = Text(several_lines=True, max_length=MAX_ANSWER, help_text="Plain text.")


class ReviewPictureUploadSerializer(serializers.Serializer[Any]):
    """A form with one picture."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"image": "(the bytes of the file)"}

    image = serializers.FileField(
        allow_empty_file=True,
        help_text="A still JPEG, PNG, WebP or GIF image of at most 10 MB and 32 megapixels.",
    )

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values.

        Raises:
            ValidationError: a field is unknown, repeated or invalid.
        """
        faults: dict[str, list[str]] = {}
        for name in data:
            if name not in self.fields:
                faults[name] = [f"Unknown field. Allowed: {', '.join(self.fields)}."]
            elif hasattr(data, "getlist") and len(data.getlist(name)) > 1:
                faults[name] = ["Given more than once; upload one picture per request."]
        if faults:
            raise serializers.ValidationError(faults)
        return super().to_internal_value(data)
