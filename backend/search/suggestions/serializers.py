"""Parameters and the representation of suggestions."""

from functools import lru_cache
from typing import Any

from rest_framework import serializers

from backend.api import money
from backend.api.fields import MoneyOutput
from backend.catalog.views import EXPOSURE_ID
from backend.search.suggestions.suggesting import Suggestions
from indexing.document import SuggestedProduct
from indexing.page import SearchSuggestion, SuggestionKind
from indexing.request import MAX_QUERY_LENGTH

PRODUCT_KIND = "product"
REMEMBERED = 2_048
"""Products whose representation a process remembers: best sellers are suggested for many texts."""
KINDS = [*(kind.value for kind in SuggestionKind), PRODUCT_KIND]


class SuggestionParameters(serializers.Serializer[Any]):
    """The parameters of suggestions."""

    q = serializers.CharField(
        allow_blank=True,
        max_length=MAX_QUERY_LENGTH,
        trim_whitespace=False,
        help_text="The text that was typed so far. A space at the end completes the last word. Without a "
        "text, the caller's last searches and trending and popular queries are suggested.",
    )
    limit = serializers.IntegerField(
        min_value=1,
        max_value=20,
        default=10,
        help_text="The maximum number of suggestions without products.",
    )
    products = serializers.IntegerField(
        min_value=0, max_value=10, default=4, help_text="The maximum number of products."
    )


class RecentSearchParameters(serializers.Serializer[Any]):
    """Which of the searches to delete."""

    q = serializers.CharField(
        required=False,
        default=None,
        max_length=MAX_QUERY_LENGTH,
        help_text="The text of one search; without it, all are deleted.",
    )


class RecentSearchSerializer(serializers.Serializer[Any]):
    """One of the caller's last searches."""

    EXAMPLE = {"text": "copper kettle", "searched_at": "2026-03-01T12:00:00Z"}

    text = serializers.CharField()
    searched_at = serializers.DateTimeField()


class ProductSuggestionSerializer(serializers.Serializer[Any]):
    """A suggested product."""

    EXAMPLE = {
        "id": 1,
        "slug": "copper-kettle",
        "brand": "Kupfer",
        "price": "89.00",
        "sale_price": "89.00",
        "currency": "USD",
        "image_url": "https://shop.example/images/kettle.jpg",
        "thumbnail_url": "https://shop.example/images/kettle-small.jpg",
        "exposure_id": "01928c3e-7b1a-7c3e-9d55-2f7a1e0b4c11",
    }

    id = serializers.IntegerField()
    slug = serializers.CharField()
    brand = serializers.CharField()
    price = MoneyOutput(help_text="The list price.")
    sale_price = MoneyOutput(help_text="The current price.")
    currency = serializers.CharField()
    image_url = serializers.CharField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_null=True)
    exposure_id = EXPOSURE_ID


class SuggestionSerializer(serializers.Serializer[Any]):
    """A suggestion."""

    EXAMPLE = {"kind": "phrase", "text": "copper kettle", "count": 1, "slug": "", "product": None}

    kind = serializers.ChoiceField(
        choices=KINDS,
        help_text="`query`: what other shoppers searched for; `phrase`: words of several titles; "
        "`product`: a product, whose title is the text. Before anything is typed: `recent`, the caller's own "
        "searches; `trending` and `popular`, those of others.",
    )
    text = serializers.CharField()
    count = serializers.IntegerField(
        help_text="The number of products; of a query, the number of shoppers for whom it led to something."
    )
    slug = serializers.CharField(allow_blank=True, help_text="The slug of a category; empty for other kinds.")
    product = ProductSuggestionSerializer(allow_null=True, help_text="Null for other kinds than products.")


def represented(found: Suggestions) -> list[dict[str, Any]]:
    """Return the representation that SuggestionSerializer describes.

    Building it without the serializer takes a tenth of the time, and each key that is typed is a request.
    """
    exposure_id = None if found.exposure_id is None else str(found.exposure_id)
    texts = [_text(each) for each in found.texts]
    return texts + [_product(each, exposure_id=exposure_id) for each in found.products]


def _text(suggestion: SearchSuggestion) -> dict[str, Any]:
    return {
        "kind": suggestion.kind.value,
        "text": suggestion.text,
        "count": suggestion.count,
        "slug": suggestion.slug,
        "product": None,
    }


def _product(product: SuggestedProduct, *, exposure_id: str | None) -> dict[str, Any]:
    shown = {**_card(product), "exposure_id": exposure_id}
    return {"kind": PRODUCT_KIND, "text": product.title, "count": 1, "slug": "", "product": shown}


@lru_cache(REMEMBERED)
def _card(product: SuggestedProduct) -> dict[str, Any]:
    return {
        "id": product.id,
        "slug": product.slug,
        "brand": product.brand,
        "price": money.written(product.price, currency=product.currency),
        "sale_price": money.written(product.sale_price, currency=product.currency),
        "currency": product.currency,
        "image_url": product.image_url,
        "thumbnail_url": product.thumbnail_url or product.image_url,
    }
