"""Serializers of query rules and synonym sets."""

from typing import Any, ClassVar

from rest_framework import serializers

from backend.api.fields import Choice
from backend.api.parameters import Body, PageParameters
from backend.api.text import Text
from backend.search.models import MAX_NAME_LENGTH, MAX_PHRASE_LENGTH, QueryRule, SynonymSet
from backend.search.rules.actions import ActionSerializer
from backend.search.rules.checks import MAX_ACTIONS
from backend.search.rules.filters import RuleFiltersSerializer
from backend.search.rules.synonym_services import MAX_PHRASES
from indexing.rules.query_rules import DEFAULT_PRIORITY, QueryMatch

MAX_RULE_PHRASES = 100
GREATEST_PRIORITY = 100_000

RULE: dict[str, Any] = {
    "name": "Copper kettles first",
    "is_enabled": True,
    "priority": 100,
    "match": "contains",
    "phrases": ["kettle"],
    "context": {},
    "starts_at": None,
    "ends_at": None,
    "actions": [{"type": "pin", "product": 1, "position": 1}],
}
SYNONYMS: dict[str, Any] = {"phrases": ["sofa", "couch"], "source": "", "status": "active"}


class Version(serializers.IntegerField):
    """The version that a change is based on."""

    def __init__(self) -> None:
        """Require a positive number."""
        super().__init__(min_value=1, help_text="The version that was read; another one is refused with 409.")


class QueryRuleInputSerializer(Body):
    """A rule to create."""

    EXAMPLE: ClassVar[dict[str, Any]] = RULE

    name = Text(max_length=MAX_NAME_LENGTH)
    is_enabled = serializers.BooleanField(default=True)
    priority = serializers.IntegerField(
        min_value=0,
        max_value=GREATEST_PRIORITY,
        default=DEFAULT_PRIORITY,
        help_text="Rules with lower numbers are applied first, and win conflicts.",
    )
    match = Choice(
        choices=[each.value for each in QueryMatch],
        help_text="Whether the query is, contains or starts with one of the phrases; or always.",
    )
    phrases = serializers.ListField(
        child=serializers.CharField(max_length=MAX_PHRASE_LENGTH),
        max_length=MAX_RULE_PHRASES,
        default=list,
        help_text="Words in their order. Upper case, accents and punctuation don't matter.",
    )
    context = RuleFiltersSerializer(  # type: ignore[assignment] # the metaclass removes it from the class
        default=dict, help_text="Filters that a request must have."
    )
    starts_at = serializers.DateTimeField(allow_null=True, default=None)
    ends_at = serializers.DateTimeField(allow_null=True, default=None)
    actions = serializers.ListField(child=ActionSerializer(), max_length=MAX_ACTIONS)


class QueryRuleChangesSerializer(QueryRuleInputSerializer):
    """All values of a rule, with the version that they are based on."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**RULE, "version": 1}

    version = Version()


class QueryRuleSerializer(serializers.ModelSerializer[QueryRule]):
    """A query rule."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 1,
        **RULE,
        "version": 1,
        "created_at": "2026-03-01T12:00:00Z",
        "updated_at": "2026-03-01T12:00:00Z",
    }

    match = serializers.ChoiceField(choices=[each.value for each in QueryMatch])
    phrases = serializers.ListField(child=serializers.CharField())
    context = RuleFiltersSerializer()  # type: ignore[assignment] # as above
    actions = ActionSerializer(many=True)

    class Meta:
        model = QueryRule
        fields = [
            "id", "name", "is_enabled", "priority", "match", "phrases", "context", "starts_at", "ends_at",
            "actions", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class SynonymSetInputSerializer(Body):
    """A synonym set to create."""

    EXAMPLE: ClassVar[dict[str, Any]] = SYNONYMS

    phrases = serializers.ListField(
        child=Text(max_length=MAX_PHRASE_LENGTH),
        max_length=MAX_PHRASES,
        help_text="Words or phrases that mean the same.",
    )
    source = Text(  # type: ignore[assignment] # as above
        max_length=MAX_PHRASE_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="If given, a search for it finds the phrases too, but not the other way round.",
    )
    status = Choice(
        choices=SynonymSet.Status.choices,
        default=SynonymSet.Status.ACTIVE,
        help_text="Only `active` has an effect.",
    )


class SynonymSetChangesSerializer(SynonymSetInputSerializer):
    """All values of a synonym set, with the version that they are based on."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**SYNONYMS, "version": 1}

    version = Version()


class EvidenceSerializer(serializers.Serializer[Any]):
    """Why two phrases were proposed: shoppers who searched for either chose the same products."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "queries": ["grey sofa", "grey couch"],
        "shoppers": [40, 25],
        "common_products": 6,
        "lift": 12.5,
    }

    queries = serializers.ListField(child=serializers.CharField(), help_text="The two queries.")
    shoppers = serializers.ListField(
        child=serializers.IntegerField(), help_text="Shoppers who chose a product after each query."
    )
    common_products = serializers.IntegerField(help_text="Products that were chosen after both queries.")
    lift = serializers.FloatField(
        help_text="How many times as often both led to the same product as two unrelated queries would."
    )


class SynonymSetSerializer(serializers.ModelSerializer[SynonymSet]):
    """A synonym set."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 1,
        **SYNONYMS,
        "evidence": None,
        "version": 1,
        "created_at": "2026-03-01T12:00:00Z",
        "updated_at": "2026-03-01T12:00:00Z",
    }

    phrases = serializers.ListField(child=serializers.CharField())
    evidence = EvidenceSerializer(
        allow_null=True, help_text="What a proposal was made from; null for sets that staff created."
    )

    class Meta:
        model = SynonymSet
        fields = ["id", "phrases", "source", "status", "evidence", "version", "created_at", "updated_at"]
        read_only_fields = fields


class SynonymListParameters(PageParameters):
    """The parameters of the list of synonym sets."""

    status = Choice(choices=SynonymSet.Status.choices, required=False, default=None, help_text="The status.")
