"""Related searches of a page."""

from typing import Any, ClassVar

from rest_framework import serializers

from backend.search.rules.wording import shop_analysis
from backend.search.suggestions.loading import current
from indexing.page import SearchPage, SuggestionKind
from indexing.suggestions.related import related


class RelatedSearchSerializer(serializers.Serializer[Any]):
    """A search that a shopper may continue with."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"kind": "query", "text": "copper kettle with whistle", "count": 12}

    kind = serializers.ChoiceField(
        choices=[SuggestionKind.QUERY.value, SuggestionKind.PHRASE.value],
        help_text="`query`: what other shoppers searched for; `phrase`: words of several titles.",
    )
    text = serializers.CharField()
    count = serializers.IntegerField(
        help_text="The number of products; of a query, the number of shoppers for whom it led to something."
    )


def related_shown(page: SearchPage, *, limit: int) -> list[dict[str, Any]]:
    """Return the representation that RelatedSearchSerializer describes of at most `limit` searches."""
    if not limit or page.plan is None:
        return []
    text = page.plan.corrected_text or page.searched_text
    found = related(current(), text, stem=shop_analysis().term, limit=limit)
    return [{"kind": each.kind.value, "text": each.text, "count": each.count} for each in found]
