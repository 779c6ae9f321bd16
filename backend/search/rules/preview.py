"""What a rule would do to a search: the page without it and with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from backend.engines import index
from backend.search.models import QueryRule
from backend.search.rules.applying import RuledSearch, with_rules
from backend.search.rules.checks import require_valid
from backend.search.rules.live import LiveRules
from backend.search.rules.selectors import active_synonyms, enabled_rules, query_rule_for, value_of
from backend.search.rules.services import FIELDS
from backend.search.rules.wording import shop_analysis
from indexing.page import SearchPage
from indexing.request import SearchRequest
from indexing.rules.query_rules import RuleSet


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A page of results, and what the rules did to it."""

    page: SearchPage
    ruled: RuledSearch


@dataclass(frozen=True, slots=True)
class Preview:
    """The first page of a search without a rule and with it."""

    applies: bool
    before: PreviewPage
    after: PreviewPage


def draft_of(values: Mapping[str, Any], *, rule_id: int | None, now: datetime) -> QueryRule:
    """Return a rule with these values, unsaved; with an id, in the place of the stored rule.

    Raises:
        QueryRuleNotFound: there is no such rule.
        InvalidInput: the rule can't work.
    """
    rule = QueryRule(created_at=now, updated_at=now) if rule_id is None else query_rule_for(rule_id)
    for name in FIELDS:
        if name in values:
            setattr(rule, name, values[name])
    require_valid(rule)
    return rule


def preview(search: SearchRequest, rule: QueryRule, *, at: datetime) -> Preview:
    """Return the page of `search` at a time, without the rule and with it; other enabled rules apply to both.

    The rule is taken to be enabled.
    """
    others = enabled_rules(without=rule.pk)
    value, synonyms = value_of(rule), active_synonyms()
    names = {each.pk: each.name for each in others}
    before = LiveRules(RuleSet.of(map(value_of, others), shop_analysis()), synonyms, names)
    after = replace(
        before,
        rules=RuleSet.of([*map(value_of, others), value], shop_analysis()),
        names={**names, value.id: rule.name},
    )
    pages = [_page(search, live, at=at) for live in (before, after)]
    return Preview(value.id in pages[1].ruled.outcome.rule_ids, *pages)


def _page(search: SearchRequest, live: LiveRules, *, at: datetime) -> PreviewPage:
    ruled = with_rules(search, live, now=at)
    with index.SHARE.slot():
        return PreviewPage(index.engine().search(ruled.request), ruled)
