"""Serializers for quotes."""

from typing import Any, ClassVar

from rest_framework import serializers

from backend.api.fields import MoneyOutput
from backend.orders.destinations import ShippingAddressBody


class QuoteRequestSerializer(ShippingAddressBody):
    """The address to which the cart would be shipped."""


class QuotedMethodSerializer(serializers.Serializer[Any]):
    """What the cart costs with a shipping method."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "code": "standard",
        "name": "Standard",
        "shipping_discount_amount": "0.00",
        "shipping_cost": "4.90",
        "shipping_tax_amount": "0.43",
        "tax_amount": "8.33",
        "total_amount": "102.23",
    }

    code = serializers.CharField(source="method.code", help_text="Send it to checkout as `shipping_method`.")
    name = serializers.CharField(source="method.name")
    shipping_discount_amount = MoneyOutput(
        source="shipping_discount", help_text="What promotions take off shipping."
    )
    shipping_cost = MoneyOutput(help_text="What shipping costs after promotions.")
    shipping_tax_amount = MoneyOutput(source="shipping.tax_amount")
    tax_amount = MoneyOutput(help_text="The tax on the items and on shipping.")
    total_amount = MoneyOutput(help_text="Send it to checkout as `expected_total`.")


class QuotedLineSerializer(serializers.Serializer[Any]):
    """A line of the cart with its tax."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "item_id": 1,
        "discount_amount": "0.00",
        "total_price": "89.00",
        "tax_class": "standard",
        "tax_rate": "8.8750",
        "tax_amount": "7.90",
    }

    item_id = serializers.IntegerField(source="line.item.pk")
    discount_amount = MoneyOutput(source="line.discount_amount")
    total_price = MoneyOutput(source="line.total_price")
    tax_class = serializers.CharField(source="taxed.tax_class")
    tax_rate = serializers.DecimalField(
        source="taxed.tax_rate", max_digits=7, decimal_places=4, help_text="In percent."
    )
    tax_amount = MoneyOutput(source="taxed.tax_amount")


class QuoteSerializer(serializers.Serializer[Any]):
    """What the cart costs at an address; nothing is reserved."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "country": "US",
        "state": "NY",
        "currency": "USD",
        "prices_include_tax": False,
        "discount_amount": "0.00",
        "subtotal": "89.00",
    }

    country = serializers.CharField(source="destination.country")
    state = serializers.CharField(
        source="destination.state", help_text="Empty in countries whose addresses have none."
    )
    currency = serializers.CharField()
    prices_include_tax = serializers.BooleanField()
    discount_amount = MoneyOutput(help_text="What promotions take off the items.")
    subtotal = MoneyOutput(help_text="The price of the items after promotions.")
    items = QuotedLineSerializer(source="lines", many=True)
    methods = QuotedMethodSerializer(many=True, help_text="The shipping methods, the cheapest first.")
