"""The actions of rules, as JSON objects."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import urlsplit

from rest_framework import serializers

from backend.api.fields import Choice, Identifier
from backend.api.parameters import Body
from backend.search.models import MAX_PHRASE_LENGTH
from backend.search.parameters import category_tokens
from backend.search.rules.filters import RuleFiltersSerializer, TokensOf, filters_of
from backend.search.rules.wording import words_of
from indexing.rules.actions import (
    Action,
    Boost,
    Hide,
    Pin,
    Redirect,
    ReplaceQuery,
    ReplaceWords,
    Restrict,
)

MAX_POSITION = 1_000
LEAST_FACTOR, GREATEST_FACTOR = 0.01, 100


class ActionType(StrEnum):
    """What an action does."""

    PIN = "pin"
    HIDE = "hide"
    BOOST = "boost"
    FILTER = "filter"
    REDIRECT = "redirect"
    REPLACE = "replace"
    REMOVE = "remove"
    REWRITE = "rewrite"


FIELDS: Mapping[ActionType, tuple[str, ...]] = {
    ActionType.PIN: ("product", "position"),
    ActionType.HIDE: ("product",),
    ActionType.BOOST: ("filters", "factor"),
    ActionType.FILTER: ("filters",),
    ActionType.REDIRECT: ("url",),
    ActionType.REPLACE: ("words", "by"),
    ActionType.REMOVE: ("words",),
    ActionType.REWRITE: ("query",),
}
"""The fields that each type has; all of them are required."""


class ActionSerializer(Body):
    """An action, with the fields of its type."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"type": "pin", "product": 1, "position": 1}

    type = Choice(
        choices=[each.value for each in ActionType],
        help_text="`pin` has `product` and `position`, `hide` `product`, `boost` `filters` and `factor`, "
        "`filter` `filters`, `redirect` `url`, `replace` `words` and `by`, `remove` `words`, and `rewrite` "
        "`query`.",
    )
    product = Identifier(required=False, help_text="The id of a product.")
    position = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_POSITION, help_text="The place in the list, from 1."
    )
    filters = RuleFiltersSerializer(required=False, help_text="What products must satisfy.")
    factor = serializers.FloatField(
        required=False,
        min_value=LEAST_FACTOR,
        max_value=GREATEST_FACTOR,
        help_text="What scores are multiplied by; below 1, products rank lower.",
    )
    url = serializers.CharField(
        required=False, max_length=500, help_text="A path such as /sale/, or an address with https."
    )
    words = serializers.CharField(
        required=False, max_length=MAX_PHRASE_LENGTH, help_text="The words of the query that are replaced."
    )
    by = serializers.CharField(required=False, max_length=MAX_PHRASE_LENGTH, help_text="What replaces them.")
    query = serializers.CharField(
        required=False, max_length=MAX_PHRASE_LENGTH, help_text="The text that is searched for instead."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require the fields of the type, and refuse those of other types."""
        wanted = FIELDS[ActionType(attrs["type"])]
        faults = {name: ["This field is required."] for name in wanted if name not in attrs}
        faults |= {
            name: [f"An action of the type {attrs['type']} doesn't have this field."]
            for name in attrs.keys() - {"type", *wanted}
        }
        faults = faults or _value_faults(attrs)
        if faults:
            raise serializers.ValidationError(faults)
        return attrs

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the stored action."""
        return dict(instance)


def _value_faults(action: Mapping[str, Any]) -> dict[str, list[str]]:
    faults = {
        name: ["Has no word."] for name in ("words", "query") if name in action and not words_of(action[name])
    }
    if "filters" in action and not action["filters"]:
        faults["filters"] = ["Name at least one filter."]
    if "url" in action and not _is_acceptable(action["url"]):
        faults["url"] = ["Must be a path that begins with one slash, or an address with https."]
    return faults


def _is_acceptable(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if "\\" in url or any(each.isspace() for each in url):
        return False
    is_path = not parts.scheme and not parts.netloc and url.startswith("/")
    return is_path or (parts.scheme == "https" and bool(parts.hostname))


def action_of(stored: Mapping[str, Any], *, tokens_of: TokensOf = category_tokens) -> Action:
    """Return a stored action as searches apply it."""
    kind = ActionType(stored["type"])
    if kind in (ActionType.BOOST, ActionType.FILTER):
        filters = filters_of(stored["filters"], tokens_of=tokens_of)
        return Boost(filters, stored["factor"]) if kind is ActionType.BOOST else Restrict(filters)
    return _SIMPLE[kind](stored)


_SIMPLE: Mapping[ActionType, Callable[[Mapping[str, Any]], Action]] = {
    ActionType.PIN: lambda stored: Pin(stored["product"], stored["position"]),
    ActionType.HIDE: lambda stored: Hide(stored["product"]),
    ActionType.REDIRECT: lambda stored: Redirect(stored["url"]),
    ActionType.REPLACE: lambda stored: ReplaceWords(words_of(stored["words"]), stored["by"]),
    ActionType.REMOVE: lambda stored: ReplaceWords(words_of(stored["words"])),
    ActionType.REWRITE: lambda stored: ReplaceQuery(stored["query"]),
}
