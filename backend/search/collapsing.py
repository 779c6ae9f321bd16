"""The parameter that shows one product of each group, and what a hit says about its group."""

from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers

from backend.api.errors import InvalidInput
from indexing.grouping import BRAND
from indexing.mapping import key

COLLAPSE = "collapse"
MAX_LENGTH = 200


class CollapsedSerializer(serializers.Serializer[Any]):
    """The group of products that a hit represents."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"value": "Kupfer", "count": 3}

    value = serializers.CharField(help_text="The brand, or the value of the attribute.")
    count = serializers.IntegerField(help_text="The products of the group that match, with this one.")


def collapse_parameter() -> serializers.Field[Any, Any, Any, Any]:
    """Return the field of the property by which products are collapsed."""
    return serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=MAX_LENGTH,
        help_text=f"`{BRAND}`, or an attribute that the shop has declared for this: of the products with the "
        "same value, only the first in the order of the list is shown (or one that a rule has pinned), and "
        "`collapsed` has their number. `count` and the pages count what is shown; facets count products. "
        "Products without a value, or with several, are shown by themselves.",
    )


def collapsed_by(given: str) -> str:
    """Return the property by which products are collapsed; empty for none.

    Raises:
        InvalidInput: products can't be collapsed by it.
    """
    known = (BRAND, *settings.SEARCH.collapses)
    name = key(given)
    if name and name not in known:
        raise InvalidInput(**{COLLAPSE: f"Products can be collapsed by: {', '.join(known)}."})
    return name
