"""Why a search found its products in this order, for staff: the plan, its weights, the rules and the scores.

What is shown is bounded: a query has at most MAX_QUERY_WORDS needs, MAX_ALTERNATIVES and MAX_HIDDEN limit the
lists, and only the hits of the page are explained.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers

from backend.search.filter_texts import filter_texts
from backend.search.rules.applying import RuledSearch
from indexing.page import Hit, Matched, SearchPage
from indexing.planning.plan import (
    CODE_SCORES,
    FIELD_BOOSTS,
    PART_SCORE,
    AlternativeKind,
    Need,
    Plan,
)
from indexing.ranking import RankingOptions

MAX_ALTERNATIVES = 20
MAX_HIDDEN = 100
NO_PLAN = Plan(())


class AlternativeSerializer(serializers.Serializer[Any]):
    """Words that satisfy a need, side by side if there are several."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"words": ["kettle"], "kind": "literal", "weight": 1.0}

    words = serializers.ListField(child=serializers.CharField())
    kind = serializers.ChoiceField(choices=[kind.value for kind in AlternativeKind])
    weight = serializers.FloatField(help_text="The factor of the score if these words match.")


class NeedSerializer(serializers.Serializer[Any]):
    """One thing that the query asks for, and what satisfies it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"positions": [0]}

    positions = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="The words of the query, counted from 0 without stop words.",
    )
    alternatives = AlternativeSerializer(many=True, help_text=f"The best {MAX_ALTERNATIVES}.")


class LevelSerializer(serializers.Serializer[Any]):
    """A number of needs that products must satisfy; a lower level is used if too few products do."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"matched": "all", "needs": 1, "used": True}

    matched = serializers.ChoiceField(choices=[matched.value for matched in Matched])
    needs = serializers.IntegerField(help_text="The number of needs.")
    used = serializers.BooleanField(help_text="Whether it is the level of this page.")


class RuleBoostSerializer(serializers.Serializer[Any]):
    """A factor that a rule gives to the products that pass its filters."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"filters": {"brand": "Kupfer"}, "factor": 2.0}

    filters = serializers.DictField(child=serializers.CharField())
    factor = serializers.FloatField()


class PinSerializer(serializers.Serializer[Any]):
    """A product to which a rule gives a place."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"product": 1, "position": 1}

    product = serializers.IntegerField()
    position = serializers.IntegerField()


class ExplainedHitSerializer(serializers.Serializer[Any]):
    """The score of a product of this page."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 1,
        "score": 1.12,
        "words": 14.5,
        "closeness": 0.75,
        "meaning_weight": 0.8,
        "pinned": False,
    }

    id = serializers.IntegerField()
    score = serializers.FloatField(help_text="By which it is ordered; 0 in other orders than by relevance.")
    words = serializers.FloatField(
        allow_null=True, help_text="The score of the words; null if only words rank, so that it is `score`."
    )
    closeness = serializers.FloatField(
        allow_null=True, help_text="Of the meanings, in deviations above the mean; null without vectors."
    )
    meaning_weight = serializers.FloatField(allow_null=True, help_text="The factor of the closeness ÷ 5.")
    pinned = serializers.BooleanField(help_text="Whether a rule decided its place.")


class ExplanationSerializer(serializers.Serializer[Any]):
    """Why these products were found, in this order."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "text": "kettle",
        "field_boosts": dict(FIELD_BOOSTS),
        "factors": {"phrase_boost": 1.0},
        "restrictions": [{"brand": "Kupfer"}],
        "hidden": [],
    }

    text = serializers.CharField(allow_blank=True, help_text="The words that were searched, corrected.")
    needs = NeedSerializer(many=True)
    optional = NeedSerializer(
        many=True, help_text="Further needs of a long query, which only raise the scores of products."
    )
    levels = LevelSerializer(many=True)
    field_boosts = serializers.DictField(
        child=serializers.FloatField(), help_text="The factors of the fields' scores."
    )
    factors = serializers.DictField(child=serializers.FloatField(), help_text="Other factors and scores.")
    boosts = RuleBoostSerializer(many=True)
    restrictions = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()), help_text="The filters of rules."
    )
    pinned = PinSerializer(many=True)
    hidden = serializers.ListField(
        child=serializers.IntegerField(), help_text=f"Products that rules hide; at most {MAX_HIDDEN}."
    )
    hits = ExplainedHitSerializer(many=True)


def explanation(page: SearchPage, ruled: RuledSearch) -> dict[str, Any]:
    """Return the representation that ExplanationSerializer describes."""
    plan, request = page.plan or NO_PLAN, ruled.request
    return {
        "text": plan.corrected_text or page.searched_text,
        "needs": list(map(_need, plan.needs)),
        "optional": list(map(_need, plan.optional)),
        "levels": _levels(plan, page.matched),
        "field_boosts": dict(FIELD_BOOSTS),
        "factors": _factors(request.ranking),
        "boosts": [{"filters": filter_texts(each.filters), "factor": each.factor} for each in request.boosts],
        "restrictions": list(map(filter_texts, request.restrictions)),
        "pinned": [{"product": each.product_id, "position": each.position} for each in request.pinned],
        "hidden": list(request.hidden[:MAX_HIDDEN]),
        "hits": list(map(_hit, page.hits)),
    }


def _need(need: Need) -> dict[str, Any]:
    return {
        "positions": list(need.positions),
        "alternatives": [
            {"words": list(each.term), "kind": each.kind.value, "weight": each.weight}
            for each in need.alternatives[:MAX_ALTERNATIVES]
        ],
    }


def _levels(plan: Plan, matched: Matched) -> list[dict[str, Any]]:
    if not plan.needs:
        return []
    return [
        {"matched": level.value, "needs": required, "used": level is matched}
        for level, required in plan.levels()
    ]


def _factors(ranking: RankingOptions) -> Mapping[str, float]:
    return {
        "phrase_boost": ranking.phrase_boost,
        "exact_form_boost": ranking.exact_form_boost,
        "satisfied_need_score": ranking.satisfied_need_score,
        "code_score": CODE_SCORES[AlternativeKind.CODE],
        "code_prefix_score": CODE_SCORES[AlternativeKind.CODE_PREFIX],
        "code_part_score": PART_SCORE,
    }


def _hit(hit: Hit) -> dict[str, Any]:
    fusion = hit.fusion
    return {
        "id": hit.product.id,
        "score": hit.score,
        "words": fusion and fusion.words,
        "closeness": fusion and fusion.closeness,
        "meaning_weight": fusion and fusion.weight,
        "pinned": hit.pinned,
    }
