"""How a query was interpreted, in responses."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from backend.search.serializers import limit_shown
from indexing.lexicon.values import ValueKind
from indexing.page import Matched, SearchPage


class NamedValueSerializer(serializers.Serializer[Any]):
    """A brand, a category or an attribute value that the query names."""

    EXAMPLE = {"kind": "brand", "value": "Tidewater", "attribute": ""}

    kind = serializers.ChoiceField(choices=[kind.value for kind in ValueKind])
    value = serializers.CharField(help_text="The path of a category, or the value as it is written.")
    attribute = serializers.CharField(allow_blank=True, help_text="The attribute's name; empty otherwise.")


class UnderstoodSerializer(serializers.Serializer[Any]):
    """How the query was interpreted. With `literal=true`, only spelling is corrected."""

    EXAMPLE: Mapping[str, Any] = {
        "corrected_text": "copper kettle under 100",
        "matched": "all",
        "min_price": None,
        "max_price": "100.00",
        "currency": "EUR",
        "excluded": [],
        "phrases": [],
        "optional": [],
        "named": [],
    }

    corrected_text = serializers.CharField(
        allow_null=True, help_text="The query with spelling corrections; null if nothing was corrected."
    )
    matched = serializers.ChoiceField(
        choices=[matched.value for matched in Matched],
        help_text="How many words of the query each hit contains; `similar`: none, but a similar meaning.",
    )
    min_price = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        allow_null=True,
        help_text="The lowest price (`above 50`); null if the request has a filter on prices.",
    )
    max_price = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        allow_null=True,
        help_text="The highest price (`under 100`); null if the request has a filter on prices.",
    )
    currency = serializers.CharField(
        allow_null=True,
        help_text="The currency of price filters, of the price facet and of a sort by price; null without "
        "products.",
    )
    excluded = serializers.ListField(
        child=serializers.CharField(),
        help_text="What no hit has in title, brand, categories and attributes: `without lid`, `-lid`.",
    )
    phrases = serializers.ListField(
        child=serializers.CharField(),
        help_text="The phrases in quotes, which every hit contains.",
    )
    optional = serializers.ListField(
        child=serializers.CharField(),
        help_text="Words that weren't searched, because they say nothing about a product: `best`.",
    )
    named = NamedValueSerializer(
        many=True,
        help_text="Brands, categories and attribute values that the query names, as products have them.",
    )


def understood_shown(page: SearchPage) -> dict[str, Any]:
    """Return the representation that UnderstoodSerializer describes."""
    understood = page.understood
    return {
        "corrected_text": page.corrected_text,
        "matched": page.matched.value,
        "min_price": limit_shown(understood.min_price, page.currency),
        "max_price": limit_shown(understood.max_price, page.currency),
        "currency": page.currency,
        "excluded": understood.excluded,
        "phrases": understood.phrases,
        "optional": understood.optional,
        "named": [
            {"kind": each.kind.value, "value": each.value, "attribute": each.attribute}
            for each in understood.named
        ],
    }
