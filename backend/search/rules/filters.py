"""The filters of rules, as JSON objects with the parameters of a search."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from backend.api.fields import DecimalInput
from backend.api.parameters import Body
from backend.catalog.categories import matching_categories
from backend.search.attribute_parameters import MAX_VALUE_LENGTH, MAX_VALUES, units
from backend.search.parameters import (
    NAMED,
    PARAMETERS,
    category_tokens,
    ranges,
)
from indexing.filters import Filters
from indexing.mapping import key
from indexing.numeric import NumberLimits
from indexing.request import MAX_ATTRIBUTE_FILTERS

ATTRIBUTES = "attributes"
LIMITS = "attribute_limits"


class LimitsSerializer(Body):
    """The lowest and the highest number of an attribute, both inclusive, in the unit of its facet."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"min": "0.5", "max": "2"}

    min = DecimalInput(max_digits=18, decimal_places=6, required=False, help_text="The lowest number.")
    max = DecimalInput(max_digits=18, decimal_places=6, required=False, help_text="The highest number.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require a limit, and the lowest number not to be above the highest."""
        if not attrs:
            raise serializers.ValidationError("Name min, max or both.")
        if "min" in attrs and "max" in attrs and attrs["min"] > attrs["max"]:
            raise serializers.ValidationError({"min": ["Must not be above max."]})
        return {name: f"{each.normalize():f}" for name, each in attrs.items()}


class RuleFiltersSerializer(Body):
    """Filters as in the parameters of a search.

    `attributes` has the values of each attribute, `attribute_limits` the limits of attributes with numbers.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "category": "lamps",
        "brand": ["Acme"],
        "min_price": "5.00",
        "max_price": "50.00",
        "currency": "USD",
        "attributes": {"size": ["M"]},
        "attribute_limits": {"weight": {"min": "0.5"}},
    }

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return a field for each declared filter, and one for attributes."""
        named = {each.parameter: PARAMETERS[each.kind](each) for each in NAMED}
        return named | {ATTRIBUTES: _attributes(), LIMITS: _limits()}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the stored filters."""
        return dict(instance)

    def to_internal_value(self, data: Any) -> Any:
        """Return the filters that are given, as they are stored.

        Raises:
            rest_framework.exceptions.ValidationError: a filter is unknown or invalid.
        """
        values = super().to_internal_value(data)
        given = {name: value for name, value in values.items() if value not in (None, [], {})}
        if "category" in given and not matching_categories(given["category"]):
            raise serializers.ValidationError({"category": ["There is no such category."]})
        for lowest, highest in ranges():
            if lowest in given and highest in given and given[lowest] > given[highest]:
                raise serializers.ValidationError({lowest: [f"Must not be above {highest}."]})
        if undeclared := [name for name in given.get(LIMITS, ()) if key(name) not in units()]:
            text = "Only attributes that are shown in ranges (SEARCH_RANGES) have limits."
            raise serializers.ValidationError({LIMITS: {name: [text] for name in undeclared}})
        if len({*given.get(ATTRIBUTES, ()), *given.get(LIMITS, ())}) > MAX_ATTRIBUTE_FILTERS:
            text = f"At most {MAX_ATTRIBUTE_FILTERS} attributes can be filtered by."
            raise serializers.ValidationError({ATTRIBUTES: [text]})
        return {
            name: f"{each.normalize():f}" if isinstance(each, Decimal) else each
            for name, each in given.items()
        }


def _attributes() -> serializers.Field[Any, Any, Any, Any]:
    values = serializers.ListField(
        child=serializers.CharField(max_length=MAX_VALUE_LENGTH), min_length=1, max_length=MAX_VALUES
    )
    return serializers.DictField(
        child=values, required=False, default=dict, help_text="Values by the name of an attribute."
    )


def _limits() -> serializers.Field[Any, Any, Any, Any]:
    return serializers.DictField(
        child=LimitsSerializer(),
        required=False,
        default=dict,
        help_text="Limits by the name of an attribute that is shown in ranges.",
    )


TokensOf = Callable[[str], tuple[str, ...]]
"""Returns the index's values of a category."""


def filters_of(stored: Mapping[str, Any], *, tokens_of: TokensOf = category_tokens) -> Filters:
    """Return stored filters as a search applies them."""
    values = {each.name: _value(stored[each.parameter]) for each in NAMED if each.parameter in stored}
    for name in ("min_price", "max_price"):
        if name in values:
            values[name] = Decimal(values[name])
    if "category" in values:
        values["category_tokens"] = tokens_of(values["category"])
    attributes = {name: tuple(chosen) for name, chosen in stored.get(ATTRIBUTES, {}).items()}
    return Filters(attributes=attributes, attribute_limits=_stored_limits(stored.get(LIMITS, {})), **values)


def _stored_limits(stored: Mapping[str, Mapping[str, str]]) -> dict[str, NumberLimits]:
    """Return the limits of attributes that are still shown in ranges, whose units are known."""
    known = units()
    return {
        name: NumberLimits(
            known[key(name)],
            lowest=Decimal(limits["min"]) if "min" in limits else None,
            highest=Decimal(limits["max"]) if "max" in limits else None,
        )
        for name, limits in stored.items()
        if key(name) in known
    }


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
