"""Serializers for tax rates."""

from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from backend.addresses.fields import CountryInput
from backend.addresses.rules import rules_of
from backend.api.fields import DecimalInput
from backend.api.parameters import Body
from backend.api.text import Text
from backend.catalog.fields import TaxClassInput
from backend.taxes.models import MAX_RATE, TaxRate

RATE: dict[str, Any] = {
    "country": "US",
    "state": "NY",
    "tax_class": "standard",
    "rate": "8.8750",
    "name": "Sales tax",
}


class TaxRateInputSerializer(Body):
    """A tax rate to create, or the new values of one."""

    EXAMPLE: ClassVar[dict[str, Any]] = RATE

    country = CountryInput()
    state = Text(
        max_length=120,
        required=False,
        allow_blank=True,
        default="",
        help_text="The code or name of a state; empty for the whole country.",
    )
    tax_class = TaxClassInput(help_text="The tax class; `standard` is that of products without another one.")
    rate = DecimalInput(
        max_digits=7,
        decimal_places=4,
        min_value=Decimal(0),
        max_value=Decimal(MAX_RATE),
        help_text="The rate in percent.",
    )
    name = Text(max_length=80, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Normalise the state; refuse one that the country doesn't have."""
        rules = rules_of(attrs["country"])
        if not attrs["state"] or not rules.states:
            return attrs
        state = rules.state(attrs["state"])
        if state is None:
            keys = ", ".join(state.key for state in rules.states)
            message = f"Must be a state of {rules.country_name}: {keys}."
            raise serializers.ValidationError({"state": message})
        return {**attrs, "state": state.key}


class TaxRateSerializer(serializers.ModelSerializer[TaxRate]):
    """A tax rate in percent, for a tax class in a country or in one of its states."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"id": 1, **RATE}

    class Meta:
        model = TaxRate
        fields = ["id", "country", "state", "tax_class", "rate", "name"]
        read_only_fields = fields


class DeletedTaxRateSerializer(serializers.Serializer[Any]):
    """The id of the deleted tax rate."""

    id = serializers.IntegerField()
