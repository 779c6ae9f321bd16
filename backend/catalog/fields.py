"""Fields of the catalogue's query parameters and request bodies."""

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api import money
from backend.api.fields import DecimalInput
from backend.api.text import Text
from backend.catalog.attributes import collision
from backend.catalog.categories import category_named
from backend.catalog.models import STANDARD_TAX_CLASS, TAX_CLASS, Category

MAX_ATTRIBUTES = 100
MAX_IDS = 100
IDS = re.compile(r"[0-9]{1,18}(,[0-9]{1,18})*")


@extend_schema_field({"type": "string", "pattern": IDS.pattern, "example": "3,1,2"})
class IdsInput(serializers.CharField):
    """Ids separated by commas."""

    def to_internal_value(self, data: Any) -> tuple[int, ...]:  # type: ignore[override]
        """Return the ids in their order, each once.

        Raises:
            ValidationError: a part is not an id, or there are too many.
        """
        text = super().to_internal_value(data)
        if IDS.fullmatch(text) is None:
            raise serializers.ValidationError("Must be ids separated by commas, as in 3,1,2.")
        ids = tuple(dict.fromkeys(int(part) for part in text.split(",")))
        if len(ids) > MAX_IDS:
            raise serializers.ValidationError(f"At most {MAX_IDS} ids are allowed.")
        return ids


@extend_schema_field(OpenApiTypes.STR)
class CategoryField(serializers.Field[Category, str, str, Any]):
    """A category by its slug, path or name."""

    def to_internal_value(self, data: Any) -> Category:
        """Return the category.

        Raises:
            InvalidInput: there is no such category, or several have the name.
            ValidationError: `data` is not a string, or is too long.
        """
        if not isinstance(data, str):
            raise serializers.ValidationError("Must be a string.")
        return category_named(serializers.CharField(max_length=1_000).run_validation(data))

    def to_representation(self, value: Category) -> str:
        """Return the path."""
        return value.path


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class NewAttributes(serializers.DictField):
    """The attributes of a product or variant in a request."""

    child = Text(max_length=200, allow_blank=True)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return the attributes.

        Raises:
            ValidationError: there are too many, a name or value is too long, or names differ only in case.
        """
        if isinstance(data, dict) and len(data) > MAX_ATTRIBUTES:
            raise serializers.ValidationError(f"At most {MAX_ATTRIBUTES} attributes are allowed.")
        values = super().to_internal_value(data)
        name = Text(max_length=100)
        named = [(name.run_validation(given), value) for given, value in values.items()]
        if problem := collision(given for given, _ in named):
            raise serializers.ValidationError(problem)
        return dict(named)


class Percentage(DecimalInput):
    """A discount in percent."""

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(
            max_digits=5, decimal_places=2, min_value=Decimal(0), max_value=Decimal(100), **options
        )


class ModifierInput(DecimalInput):
    """A difference from the product's list price; it may be negative."""

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(max_digits=14, decimal_places=money.MAX_EXPONENT, **options)


@extend_schema_field({"type": "string", "pattern": f"^{TAX_CLASS.pattern}$", "example": STANDARD_TAX_CLASS})
class TaxClassInput(serializers.CharField):
    """The name of a tax class: lower-case letters, digits, hyphens and underscores."""

    def to_internal_value(self, data: Any) -> str:
        """Return the name.

        Raises:
            ValidationError: it is too long or has other characters.
        """
        name = super().to_internal_value(data)
        if TAX_CLASS.fullmatch(name) is None:
            raise serializers.ValidationError(
                "Must be 1 to 20 lower-case letters, digits, hyphens and underscores."
            )
        return name
