"""A search as it is asked for over HTTP."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from backend.api.errors import InvalidInput
from backend.api.fields import Choice, Identifier, Money
from backend.api.parameters import PageParameters, parse
from indexing.request import MAX_ATTRIBUTE_FILTERS, MAX_DEPTH, MAX_QUERY_LENGTH, Filters, SearchRequest, Sort

ATTRIBUTE_PREFIX = "attr."
ATTRIBUTE_PARAMETERS = {
    "name": "attributes",
    "in": "query",
    "description": "Attributes that a variant has: `attr.size=M&attr.size=L&attr.colour=copper` is a "
    "copper one in M or L.",
    "style": "form",
    "explode": True,
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {r"^attr\..+$": {"type": "string", "minLength": 1, "maxLength": 200}},
        "example": {"attr.colour": "copper"},
    },
}
MAX_VALUES = 20
MAX_VALUE_LENGTH = 200
FLAGS = ("flash_sale", "best_seller_product", "featured_product")


def flag(help_text: str) -> serializers.BooleanField:
    """Return a parameter that narrows if it is given, either way."""
    return serializers.BooleanField(required=False, allow_null=True, default=None, help_text=help_text)


class SearchParameters(PageParameters):
    """The parameters of a search, beside `attr.NAME=VALUE` for attributes."""

    q = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=MAX_QUERY_LENGTH,
        help_text="What to look for.",
    )
    category = serializers.CharField(
        required=False, default=None, max_length=1_000, help_text="A category's name, slug or path."
    )
    brand = serializers.ListField(
        child=serializers.CharField(max_length=120),
        required=False,
        default=list,
        max_length=MAX_VALUES,
        help_text="A brand; repeat it for several.",
    )
    seller = Identifier(required=False, default=None)
    min_price = Money(required=False, default=None)
    max_price = Money(required=False, default=None)
    rating = serializers.FloatField(
        required=False, default=None, min_value=0, max_value=5, help_text="Rated so or better."
    )
    in_stock = flag("Whether some variant (with the attributes asked for) can be bought.")
    flash_sale = flag("Whether it is in a flash sale.")
    best_seller_product = flag("Whether it is a best seller.")
    featured_product = flag("Whether it is featured.")
    sort_by = Choice(choices=[sort.value for sort in Sort], default=Sort.RELEVANCE.value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a range that is upside down, and pages deeper than any engine goes."""
        low, high = attrs["min_price"], attrs["max_price"]
        if low is not None and high is not None and low > high:
            raise serializers.ValidationError({"min_price": "Must not be above max_price."})
        if attrs["page"] * attrs["page_size"] > MAX_DEPTH:
            raise serializers.ValidationError(
                {"page": f"Only the first {MAX_DEPTH} hits can be paged through."}
            )
        return attrs


class SuggestionParameters(serializers.Serializer[Any]):
    """The parameters of suggestions."""

    q = serializers.CharField(
        allow_blank=True, max_length=MAX_QUERY_LENGTH, help_text="What was typed so far."
    )
    limit = serializers.IntegerField(min_value=1, max_value=20, default=10)


def search_request(request: Request) -> SearchRequest:
    """Return the search that `request` asks for.

    Raises:
        InvalidInput: a parameter is unknown or repeated.
        rest_framework.exceptions.ValidationError: a value is not valid.
    """
    asked = parse(request, SearchParameters, open_prefix=ATTRIBUTE_PREFIX)
    return SearchRequest(
        text=asked["q"],
        sort=Sort(asked["sort_by"]),
        page=asked["page"],
        page_size=asked["page_size"],
        filters=Filters(
            category=asked["category"],
            brands=tuple(asked["brand"]),
            seller_id=asked["seller"],
            min_price=asked["min_price"],
            max_price=asked["max_price"],
            min_rating=asked["rating"],
            in_stock=asked["in_stock"],
            attributes=_attributes(request),
            **{name: asked[name] for name in FLAGS},
        ),
    )


def _attributes(request: Request) -> dict[str, tuple[str, ...]]:
    asked = {
        name.removeprefix(ATTRIBUTE_PREFIX): tuple(dict.fromkeys(values))
        for name, values in request.query_params.lists()
        if name.startswith(ATTRIBUTE_PREFIX)
    }
    faults = {
        f"{ATTRIBUTE_PREFIX}{name}": fault
        for name, values in asked.items()
        if (fault := _fault(name, values)) is not None
    }
    if len(asked) > MAX_ATTRIBUTE_FILTERS:
        faults[ATTRIBUTE_PREFIX] = f"At most {MAX_ATTRIBUTE_FILTERS} attributes can be filtered by."
    if faults:
        raise InvalidInput(**faults)
    return asked


def _fault(name: str, values: tuple[str, ...]) -> str | None:
    if not name:
        return "Name the attribute, as in attr.size=M."
    if not all(values):
        return "Must not be empty."
    if len(values) > MAX_VALUES or max(map(len, (name, *values))) > MAX_VALUE_LENGTH:
        return f"At most {MAX_VALUES} values of at most {MAX_VALUE_LENGTH} characters."
    return None
