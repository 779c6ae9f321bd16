"""Reads of synonyms and query rules."""

from collections.abc import Iterable

from backend.search.errors import QueryRuleNotFound, SynonymSetNotFound
from backend.search.models import QueryRule, RuleSetVersion, SynonymSet
from backend.search.parameters import category_tokens
from backend.search.rules.actions import action_of
from backend.search.rules.filters import TokensOf, filters_of
from backend.search.rules.wording import shop_analysis, words_of
from indexing.rules import query_rules, synonyms

UNSAVED = 2**63 - 1
"""The id of a rule that isn't stored yet: it comes after all others of its priority."""


def query_rule_for(rule_id: int, *, locked: bool = False) -> QueryRule:
    """Return a query rule.

    Raises:
        QueryRuleNotFound: it doesn't exist.
    """
    rows = QueryRule.objects.select_for_update() if locked else QueryRule.objects.all()
    rule = rows.filter(pk=rule_id).first()
    if rule is None:
        raise QueryRuleNotFound(rule_id=rule_id)
    return rule


def synonym_set_for(synonym_set_id: int, *, locked: bool = False) -> SynonymSet:
    """Return a synonym set.

    Raises:
        SynonymSetNotFound: it doesn't exist.
    """
    rows = SynonymSet.objects.select_for_update() if locked else SynonymSet.objects.all()
    found = rows.filter(pk=synonym_set_id).first()
    if found is None:
        raise SynonymSetNotFound(synonym_set_id=synonym_set_id)
    return found


def value_of(rule: QueryRule, *, tokens_of: TokensOf = category_tokens) -> query_rules.QueryRule:
    """Return the rule as searches apply it."""
    return query_rules.QueryRule(
        id=rule.pk or UNSAVED,
        match=query_rules.QueryMatch(rule.match),
        phrases=tuple(words_of(each) for each in rule.phrases),
        context=filters_of(rule.context, tokens_of=tokens_of),
        starts_at=rule.starts_at,
        ends_at=rule.ends_at,
        priority=rule.priority,
        actions=tuple(action_of(each, tokens_of=tokens_of) for each in rule.actions),
    )


def enabled_rules(*, without: int | None = None) -> list[QueryRule]:
    """Return the enabled rules, also those whose period hasn't begun or is over."""
    rows = QueryRule.objects.filter(is_enabled=True)
    return list(rows if without is None else rows.exclude(pk=without))


def active_synonyms() -> synonyms.Synonyms:
    """Return the synonyms that searches use."""
    return synonyms.Synonyms.of(map(synonyms_of, _active_sets()), shop_analysis())


def synonyms_of(row: SynonymSet) -> synonyms.SynonymSet:
    """Return the set as searches use it."""
    return synonyms.SynonymSet(tuple(row.phrases), source=row.source)


def all_synonym_sets() -> Iterable[SynonymSet]:
    """Return the synonym sets of every status."""
    return SynonymSet.objects.all()


def _active_sets() -> Iterable[SynonymSet]:
    return SynonymSet.objects.filter(status=SynonymSet.Status.ACTIVE).order_by("id")


def rule_set_version() -> int:
    """Return the number that changes with every change; 0 before the first one."""
    return RuleSetVersion.objects.values_list("last", flat=True).first() or 0
