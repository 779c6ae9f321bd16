"""Serializers for carts."""

from typing import Any

from rest_framework import serializers

from backend.api.fields import Identifier, MoneyOutput
from backend.api.parameters import Body
from backend.carts.contents import Problem
from backend.carts.services import MAX_LINE_UNITS
from backend.catalog.images.serializers import ImageURL
from backend.catalog.models import Product, Variant
from backend.catalog.serializers import PRODUCT, VARIANT, Attributes
from backend.promotions.explanation_serializers import AppliedPromotionSerializer, RefusedPromotionSerializer
from backend.promotions.serializers import CodeField


class NewCartItemSerializer(Body):
    """The variant to add to the cart; for a product with a single variant, the product's id is enough."""

    EXAMPLE = {"product_id": 1, "quantity": 1}

    product_id = Identifier(required=False)
    variant_id = Identifier(required=False)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_LINE_UNITS, default=1)
    exposure_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The id of the list from which the product was added.",
    )


class QuantitySerializer(Body):
    """The new quantity of a line; to remove the line, use DELETE."""

    quantity = serializers.IntegerField(min_value=1, max_value=MAX_LINE_UNITS)


class EnteredCodeSerializer(Body):
    """A code to enter into the cart."""

    EXAMPLE = {"code": "WELCOME5"}

    code = CodeField()


class CartProductSerializer(serializers.ModelSerializer[Product]):
    """The product of a line."""

    EXAMPLE = PRODUCT

    image_url = ImageURL(allow_null=True, help_text="The first image.")

    class Meta:
        model = Product
        fields = ["id", "title", "slug", "brand", "image_url"]
        read_only_fields = fields


class CartVariantSerializer(serializers.ModelSerializer[Variant]):
    """The variant of a line."""

    EXAMPLE = VARIANT

    attributes = Attributes()
    image_url = serializers.CharField(
        source="shown_image_url", help_text="Empty for a variant without an image."
    )
    available = serializers.IntegerField()

    class Meta:
        model = Variant
        fields = ["id", "sku", "name", "attributes", "image_url", "available"]
        read_only_fields = fields


class CartLineSerializer(serializers.Serializer[Any]):
    """A line of the cart at its current price; `problem` is null if it can be ordered."""

    EXAMPLE = {
        "unit_price": "89.00",
        "previous_unit_price": "99.00",
        "discount_amount": "0.00",
        "total_price": "89.00",
        "problem": None,
    }

    id = serializers.IntegerField(source="item.pk")
    product = CartProductSerializer(source="item.variant.product")
    variant = CartVariantSerializer(source="item.variant")
    quantity = serializers.IntegerField(source="item.quantity")
    unit_price = MoneyOutput(currency="item.variant.product.currency")
    previous_unit_price = MoneyOutput(
        currency="item.variant.product.currency",
        allow_null=True,
        help_text="The price when the shopper last changed the line, if it is another one now.",
    )
    discount_amount = MoneyOutput(
        currency="item.variant.product.currency", help_text="What promotions take off the line."
    )
    total_price = MoneyOutput(
        currency="item.variant.product.currency", help_text="quantity × unit_price - discount_amount."
    )
    problem = serializers.ChoiceField(choices=Problem.choices, allow_null=True)
    exposure_id = serializers.UUIDField(source="item.exposure_id", allow_null=True)
    added_at = serializers.DateTimeField(source="item.added_at")


class MergedLineSerializer(serializers.Serializer[Any]):
    """A line of a guest's cart that was moved to the account."""

    EXAMPLE = {"requested": 3, "quantity": 2}

    variant_id = serializers.IntegerField()
    requested = serializers.IntegerField(help_text="The units in both carts.")
    quantity = serializers.IntegerField(
        help_text="The units in the cart now: fewer if fewer are available, 0 if the cart is full."
    )


class CartSerializer(serializers.Serializer[Any]):
    """A cart; units and amounts cover the lines that can be ordered, before tax and shipping."""

    EXAMPLE = {
        "units": 1,
        "discount_amount": "0.00",
        "subtotal": "89.00",
        "currency": "USD",
        "codes": ["WELCOME5"],
        "cart_token": None,
    }

    items = CartLineSerializer(source="lines", many=True)
    units = serializers.IntegerField()
    discount_amount = MoneyOutput(help_text="What promotions take off the items.")
    subtotal = MoneyOutput(help_text="What the items cost after promotions.")
    currency = serializers.CharField(allow_null=True)
    codes = serializers.ListField(child=serializers.CharField(), help_text="The codes that were entered.")
    promotions = AppliedPromotionSerializer(many=True, help_text="The promotions that are applied.")
    refused_codes = RefusedPromotionSerializer(
        many=True, help_text="The codes that don't apply to this cart, with the reason."
    )
    cart_token = serializers.CharField(
        allow_null=True, help_text="A new guest's token, once; send it as X-Cart-Token from now on."
    )
    merged = MergedLineSerializer(
        many=True, help_text="The lines of a guest's cart that this request moved to the account."
    )
