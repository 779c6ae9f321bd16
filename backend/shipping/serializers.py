"""Serializers for shipping methods."""

from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from backend.addresses.fields import CountryInput
from backend.api import money
from backend.api.fields import MoneyInput, MoneyOutput
from backend.api.parameters import Body
from backend.api.text import Text
from backend.catalog.fields import TaxClassInput
from backend.catalog.models import STANDARD_TAX_CLASS
from backend.shipping.models import ShippingMethod

MAX_COUNTRIES = 250
MAX_WEIGHT_GRAMS = 2_000_000_000
METHOD: dict[str, Any] = {
    "code": "express",
    "name": "Express",
    "is_active": True,
    "currency": "USD",
    "countries": ["US", "CA"],
    "min_weight_grams": 0,
    "max_weight_grams": 31_500,
    "min_amount": "0.00",
    "max_amount": None,
    "price": "9.90",
    "price_per_kg": "1.50",
    "free_from": "150.00",
    "tax_class": STANDARD_TAX_CLASS,
}


class Grams(serializers.IntegerField):
    """A weight in grams, 0 or more."""

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(min_value=0, max_value=MAX_WEIGHT_GRAMS, **options)


class ShippingMethodInputSerializer(Body):
    """A shipping method to create, or the new values of one."""

    EXAMPLE: ClassVar[dict[str, Any]] = METHOD

    code = serializers.SlugField(max_length=40, help_text="What checkout sends as `shipping_method`.")
    name = Text(max_length=120)
    is_active = serializers.BooleanField(required=False, default=True)
    currency = serializers.CharField(min_length=3, max_length=3, help_text="An ISO 4217 code.")
    countries = serializers.ListField(
        child=CountryInput(),
        required=False,
        default=list,
        max_length=MAX_COUNTRIES,
        help_text="The countries that it ships to; empty for every country.",
    )
    min_weight_grams = Grams(required=False, default=0, help_text="The least weight of a parcel.")
    max_weight_grams = Grams(
        required=False, allow_null=True, default=None, help_text="The highest weight; null for no limit."
    )
    min_amount = MoneyInput(required=False, default=Decimal(0), help_text="The least price of the goods.")
    max_amount = MoneyInput(
        required=False, allow_null=True, default=None, help_text="The highest; null for no limit."
    )
    price = MoneyInput(help_text="The price of a parcel, with tax if the shop's prices include it.")
    price_per_kg = MoneyInput(
        required=False, default=Decimal(0), help_text="Added for each kilogram, in proportion to the grams."
    )
    free_from = MoneyInput(
        required=False,
        allow_null=True,
        default=None,
        help_text="The price of the goods from which shipping is free; null for never.",
    )
    tax_class = TaxClassInput(required=False, default=STANDARD_TAX_CLASS)

    def validate_currency(self, value: str) -> str:
        """Refuse an unknown currency."""
        if value not in money.EXPONENTS:
            raise serializers.ValidationError(f"{value!r} is not an ISO 4217 currency code, such as EUR.")
        return value

    def validate_countries(self, value: list[str]) -> list[str]:
        """Return each country once, in alphabetical order."""
        return sorted(set(value))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a range whose minimum is above its maximum."""
        faults = {
            low: f"Must not be above {high}."
            for low, high in (("min_weight_grams", "max_weight_grams"), ("min_amount", "max_amount"))
            if attrs[high] is not None and attrs[low] > attrs[high]
        }
        if faults:
            raise serializers.ValidationError(faults)
        return attrs


class ShippingMethodSerializer(serializers.ModelSerializer[ShippingMethod]):
    """A shipping method."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"id": 1, **METHOD}

    countries = serializers.ListField(child=serializers.CharField())
    min_amount = MoneyOutput()
    max_amount = MoneyOutput(allow_null=True)
    price = MoneyOutput()
    price_per_kg = MoneyOutput()
    free_from = MoneyOutput(allow_null=True)

    class Meta:
        model = ShippingMethod
        fields = ["id", *METHOD]
        read_only_fields = fields


class DeletedShippingMethodSerializer(serializers.Serializer[Any]):
    """The id of the deleted shipping method."""

    id = serializers.IntegerField()
