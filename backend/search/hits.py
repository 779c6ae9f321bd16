"""Hits of a search: cards with the variant that matched, and highlighted texts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from rest_framework import serializers

from backend.api import money
from backend.api.fields import MoneyOutput
from backend.api.renderers import written
from backend.catalog.cards import Card, card, two_places, written_or_none
from backend.catalog.pricing import sale_price
from backend.catalog.promoted import add_live_values, promotion_shown
from backend.catalog.serializers import (
    LOWEST_PRICE,
    Attributes,
    ProductCardSerializer,
    PromotionOfCardSerializer,
)
from backend.search.collapsing import CollapsedSerializer
from indexing.document import ProductDocument, VariantDocument, promoted_by
from indexing.identity import ByIdentity
from indexing.matches.hits import REMEMBERED
from indexing.page import Hit


class TextPartSerializer(serializers.Serializer[Any]):
    """A part of a text: plain text, without any HTML."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"text": "kettle", "matched": True}

    text = serializers.CharField(trim_whitespace=False)
    matched = serializers.BooleanField(help_text="Whether the query matched it.")


class HighlightsSerializer(serializers.Serializer[Any]):
    """What the query matched, as parts of texts; joined, the parts are the text."""

    title = TextPartSerializer(many=True, help_text="The whole title.")
    description = TextPartSerializer(
        many=True,
        help_text="A short fragment of the description with words that the title lacks; empty without any.",
    )


class MatchedVariantSerializer(serializers.Serializer[Any]):
    """The variant that the filters and the words of the query mean."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 1,
        "name": "1.5 litres",
        "sku": "K-1",
        "attributes": {"size": "1.5 litres"},
        "price": "89.00",
        "sale_price": "89.00",
        "lowest_price_30_days": None,
        "promotion": None,
        "in_stock": True,
        "image_url": "https://shop.example/images/kettle.jpg",
    }

    id = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    sku = serializers.CharField()
    attributes = Attributes()
    price = MoneyOutput(help_text="The list price, before the discount.")
    sale_price = MoneyOutput(
        help_text="The current price of one unit, after the discount and promotions without a code."
    )
    lowest_price_30_days = MoneyOutput(allow_null=True, help_text=LOWEST_PRICE)
    promotion = PromotionOfCardSerializer(allow_null=True)
    in_stock = serializers.BooleanField()
    image_url = serializers.CharField(
        allow_blank=True, help_text="The variant's own image; empty if the product's images show it."
    )


class SearchHitSerializer(ProductCardSerializer):
    """A product in the results of a search, with the prices of the variant that matched."""

    variant = MatchedVariantSerializer(
        allow_null=True, help_text="Null if neither the filters nor the words distinguish a variant."
    )
    highlights = HighlightsSerializer(allow_null=True, help_text="Null if no words were searched.")

    collapsed = CollapsedSerializer(
        allow_null=True, help_text="Null without `collapse`, and for a product that is in no group."
    )

    class Meta(ProductCardSerializer.Meta):
        fields = [*ProductCardSerializer.Meta.fields, "variant", "highlights", "collapsed"]
        read_only_fields = fields


def hits_shown(hits: Sequence[Hit], *, now: datetime) -> list[Any]:
    """Return the representations that SearchHitSerializer describes as parts of a response.

    No database query is needed, unless a promotion with a number of units is shown (1 query for all hits).
    """
    shown = [_hit_shown(hit) for hit in hits]
    promoted = [each for each in shown if isinstance(each, dict)]
    add_live_values([*promoted, *(each["variant"] for each in promoted if each["variant"])], now=now)
    return shown


def _hit_shown(hit: Hit) -> Any:
    """Return a hit, which is written once for a product that was found before for the same words.

    A hit that shows a promotion, whose time changes, or a number of products is a new dictionary.
    """
    if hit.collapsed is not None or hit.product.is_promoted:
        return _shown(hit)
    parts = hit.product, hit.variant, hit.highlights
    found = _written.get(*parts)
    return _written.keep(written(_shown(hit)), *parts) if found is None else found


_written: ByIdentity[Any] = ByIdentity(REMEMBERED)


def _shown(hit: Hit) -> Card:
    product, variant = hit.product, hit.variant
    shown = card(product, variant_count=len(product.variants), in_stock=product.in_stock)
    if variant is not None and variant.sale_price != product.sale_price:
        shown |= _prices(product, variant)
    if variant is not None:
        shown |= _reduction(variant, currency=product.currency)
    shown["variant"] = None if variant is None else _variant_shown(product, variant)
    shown["collapsed"] = None if hit.collapsed is None else msgspec.to_builtins(hit.collapsed)
    shown["highlights"] = None if hit.highlights is None else msgspec.to_builtins(hit.highlights)
    return shown


def _variant_shown(product: ProductDocument, variant: VariantDocument) -> dict[str, Any]:
    currency = product.currency
    return {
        "id": variant.id,
        "name": variant.name,
        "sku": variant.sku,
        "attributes": variant.attributes,
        "price": money.written(variant.price, currency=currency),
        "sale_price": money.written(variant.sale_price, currency=currency),
        **_reduction(variant, currency=currency),
        "in_stock": variant.available > 0,
        "image_url": variant.image_url,
    }


def _reduction(variant: VariantDocument, *, currency: str) -> dict[str, Any]:
    """Return what belongs to a variant's sale price."""
    return {
        "lowest_price_30_days": written_or_none(variant.lowest_price_30_days, currency=currency),
        "promotion": promotion_shown(promoted_by(variant.promotion)),
    }


def _prices(product: ProductDocument, variant: VariantDocument) -> dict[str, str]:
    """Return the prices of a card that shows the variant's."""
    currency, discount = product.currency, product.discount_percentage
    if variant.sale_price != sale_price(variant.price, discount_percentage=discount, currency=currency):
        discount = 100 - variant.sale_price * 100 / variant.price
    return {
        "price": money.written(variant.price, currency=currency),
        "discount_percentage": two_places(discount),
        "sale_price": money.written(variant.sale_price, currency=currency),
    }
