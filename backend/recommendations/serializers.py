"""The representation of recommendations."""

from typing import Any

from rest_framework import serializers

from backend.api.fields import Choice, Identifier
from backend.catalog.serializers import ProductCardSerializer
from backend.recommendations import reasons
from backend.recommendations.models import Algorithm
from backend.recommendations.selectors import Recommended, RecommendedProduct
from backend.recommendations.slots import VIEWED
from ml.serving import Reason, Source

ALGORITHMS = [Algorithm.COLLABORATIVE.value, Algorithm.CONTENT_BASED.value, Algorithm.HYBRID.value]
MADE_BY = [one for one in Algorithm.choices if one[0] in {*ALGORITHMS, Algorithm.POPULARITY.value}]

SOURCES = [source.value for source in Source]
SLOT_ALGORITHMS = [*Algorithm.values, VIEWED]
"""The algorithms of lists of the other slots."""
REASONS = [
    reason.value for reason in (Reason.RECENT, Reason.HISTORY, Reason.TASTE, Reason.SIMILAR, Reason.POPULAR)
]
"""The reasons of lists for a shopper and for a product's page; the other slots have more."""
MAX_EXCLUDED = 50
MAX_QUERY_LENGTH = 200


class ListParameters(serializers.Serializer[Any]):
    """The parameters of a list of recommendations."""

    limit = serializers.IntegerField(
        min_value=1, max_value=50, default=10, help_text="The maximum number of products."
    )
    exclude = serializers.ListField(
        child=Identifier(),
        required=False,
        default=list,
        max_length=MAX_EXCLUDED,
        help_text="The id of a product to leave out, for example because the page shows it; may be repeated.",
    )


class RecommendationParameters(ListParameters):
    """The parameters of a list whose algorithm the request chooses."""

    algorithm = Choice(choices=ALGORITHMS, default=Algorithm.HYBRID.value)


class SearchParameters(ListParameters):
    """The parameters of a list beside a search without a result."""

    q = serializers.CharField(
        max_length=MAX_QUERY_LENGTH,
        help_text="The search; popular products of categories that it names follow.",
    )


class RecommendedProductSerializer(ProductCardSerializer):
    """A product with its score and reason; scores are comparable within a list only."""

    EXAMPLE = {
        "score": 0.82,
        "reason": "Goes with Stoneware mug.",
        "reason_code": "similar",
        "because_product": 2,
        "source": "similar",
    }

    score = serializers.FloatField()
    reason = serializers.CharField()
    reason_code = serializers.ChoiceField(choices=REASONS)
    because_product = serializers.IntegerField(
        allow_null=True, help_text="The id of the product that explains the recommendation."
    )
    source = serializers.ChoiceField(  # type: ignore[assignment] # as `source` of Field
        choices=SOURCES,
        help_text="Where the product was found: the shopper's own list, the lists of the products viewed "
        "last (session), the lists of the page's product or of those in the cart (similar), those of what "
        "is in the same orders (together) or by product details (content), the shopper's list of products to "
        "buy again, the products viewed last (recent), or those that are new, trending, popular in a "
        "category, or popular.",
    )

    class Meta(ProductCardSerializer.Meta):
        fields = [
            *ProductCardSerializer.Meta.fields,
            "score",
            "reason",
            "reason_code",
            "because_product",
            "source",
        ]
        read_only_fields = fields


class ProductOfSlotSerializer(RecommendedProductSerializer):
    """A product of a slot that has more reasons."""

    reason_code = serializers.ChoiceField(choices=[reason.value for reason in Reason])


class SourceCountSerializer(serializers.Serializer[Any]):
    """How many products of a list are from a source."""

    EXAMPLE = {"source": "similar", "products": 10}

    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment] # as `source` of Field
    products = serializers.IntegerField(min_value=1)


class RecommendationsSerializer(serializers.Serializer[Any]):
    """A list of recommendations."""

    EXAMPLE = {
        "slot": "product",
        "algorithm": Algorithm.HYBRID.value,
        "requested_algorithm": Algorithm.HYBRID.value,
        "reason": "Based on what shoppers with similar interests chose, and on product details.",
        "model_version": "20260301T021500Z-1f3a9c02",
    }

    results = RecommendedProductSerializer(many=True)
    slot = serializers.CharField(help_text="Where the list is shown, as reports name it.")
    algorithm = serializers.ChoiceField(choices=MADE_BY, help_text="The algorithm that made the list.")
    requested_algorithm = serializers.ChoiceField(choices=ALGORITHMS)
    reason = serializers.CharField()
    degraded = serializers.BooleanField(help_text="A source of recommendations was unavailable.")
    model_version = serializers.CharField(allow_null=True)
    filled_from = SourceCountSerializer(
        many=True, help_text="The sources of the products, in the order of their first products."
    )
    exposure_id = serializers.UUIDField(
        allow_null=True, help_text="The id of this list; send it with clicks and when adding to the cart."
    )


class SlotSerializer(RecommendationsSerializer):
    """A list of a slot that has an algorithm of its own."""

    EXAMPLE = {
        "slot": "together",
        "algorithm": Algorithm.TOGETHER.value,
        "requested_algorithm": Algorithm.TOGETHER.value,
        "reason": "Based on what is bought in one order.",
    }

    results = ProductOfSlotSerializer(many=True)
    algorithm = serializers.ChoiceField(
        choices=SLOT_ALGORITHMS, help_text="The algorithm that made the list."
    )
    requested_algorithm = serializers.ChoiceField(
        choices=SLOT_ALGORITHMS, help_text="The algorithm that the slot is for."
    )


def body(found: Recommended, *, exposure_id: object) -> dict[str, Any]:
    """Return the body that RecommendationsSerializer describes."""
    return {
        "results": [_row(item, found) for item in found.items],
        "slot": found.slot.name,
        "algorithm": found.algorithm,
        "requested_algorithm": found.requested,
        "reason": reasons.of_list(found),
        "degraded": reasons.is_degraded(found),
        "model_version": found.version,
        "filled_from": [
            {"source": source.value, "products": count} for source, count in found.filled_from().items()
        ],
        "exposure_id": exposure_id,
    }


def _row(item: RecommendedProduct, found: Recommended) -> dict[str, Any]:
    return {
        **item.product,
        "score": item.score,
        "reason": reasons.of_product(item, found=found),
        "reason_code": item.reason.value,
        "because_product": item.because.id if item.because else None,
        "source": item.source.value,
    }
