"""Checks of a rule before it is saved: its products exist, and its actions don't contradict each other."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from backend.api.errors import InvalidInput
from backend.catalog.models import Product
from backend.search.models import QueryRule
from backend.search.rules.actions import ActionType
from backend.search.rules.selectors import enabled_rules, value_of
from backend.search.rules.wording import shop_analysis, words_of
from indexing.request import MAX_QUERY_LENGTH
from indexing.rules.actions import Redirect
from indexing.rules.query_rules import QueryMatch, RuleSet
from indexing.rules.query_rules import QueryRule as RuleValue

MAX_ACTIONS = 50
MAX_REDIRECTS = 20
"""Redirects that are followed to find a cycle."""

Stored = Mapping[str, Any]


def require_valid(rule: QueryRule) -> None:
    """Refuse a rule that can't work.

    Raises:
        InvalidInput: the details name the fields.
    """
    faults = {
        name: text
        for name, text in (
            ("phrases", _phrases_fault(rule)),
            ("ends_at", _period_fault(rule)),
            ("actions", _actions_fault(rule.actions)),
        )
        if text
    }
    faults |= _missing_products(rule.actions)
    if not faults and _redirects_in_a_cycle(rule):
        faults["actions"] = "The redirect leads to a search that is redirected here again."
    if faults:
        raise InvalidInput(**faults)


def _phrases_fault(rule: QueryRule) -> str:
    if rule.match == QueryMatch.ALWAYS:
        return "A rule that always applies has no phrases." if rule.phrases else ""
    if not rule.phrases:
        return "Name at least one phrase."
    return "" if all(map(words_of, rule.phrases)) else "Each phrase needs a word."


def _period_fault(rule: QueryRule) -> str:
    if rule.starts_at and rule.ends_at and rule.ends_at <= rule.starts_at:
        return "Must be after starts_at."
    return ""


def _actions_fault(actions: Sequence[Stored]) -> str:
    if not 1 <= len(actions) <= MAX_ACTIONS:
        return f"A rule has 1 to {MAX_ACTIONS} actions."
    types = Counter(each["type"] for each in actions)
    if types[ActionType.REDIRECT] and len(actions) > 1:
        return "A rule that redirects has no other action."
    if types[ActionType.REWRITE] and types[ActionType.REWRITE] + _replacing(types) > 1:
        return "A rule replaces the query once, or words of it."
    pinned = [each["product"] for each in actions if each["type"] == ActionType.PIN]
    hidden = [each["product"] for each in actions if each["type"] == ActionType.HIDE]
    for text, values in (
        ("{} is pinned and hidden.", [each for each in hidden if each in pinned] * 2),
        ("{} is pinned twice.", pinned),
        ("{} is hidden twice.", hidden),
    ):
        if repeated := _repeated(values):
            return "Product " + text.format(repeated)
    positions = [each["position"] for each in actions if each["type"] == ActionType.PIN]
    repeated = _repeated(positions)
    return f"Two products are pinned to position {repeated}." if repeated else ""


def _replacing(types: Counter[str]) -> int:
    return types[ActionType.REPLACE] + types[ActionType.REMOVE]


def _repeated(values: Iterable[int]) -> int | None:
    return next((value for value, count in Counter(values).items() if count > 1), None)


def _missing_products(actions: Sequence[Stored]) -> dict[str, str]:
    named = {place: each["product"] for place, each in enumerate(actions) if "product" in each}
    rows = Product.objects.existing().filter(pk__in=set(named.values()))
    existing = set(rows.values_list("pk", flat=True))
    return {
        f"actions.{place}.product": "There is no such product."
        for place, product_id in named.items()
        if product_id not in existing
    }


def _redirects_in_a_cycle(rule: QueryRule) -> bool:
    """Return whether clients that follow the redirects come back to a search that this rule redirects.

    Periods don't matter, because another rule's period may change.
    """
    own = _without_period(value_of(rule))
    target = _redirect_of(own)
    if target is None or not rule.is_enabled:
        return False
    others = [_without_period(value_of(each)) for each in enabled_rules(without=rule.pk)]
    rules = RuleSet.of([own, *(each for each in others if _redirect_of(each) is not None)], shop_analysis())
    for _ in range(MAX_REDIRECTS):
        text = _searched_for(target)
        if text is None:
            return False
        # A context can't be seen in the address, so a rule with one is taken to apply.
        found = rules.matching(words_of(text))
        if not found or any(each.id == own.id for each in found):
            return bool(found)
        target = _redirect_of(found[0]) or ""
    return True


def _without_period(rule: RuleValue) -> RuleValue:
    return replace(rule, starts_at=None, ends_at=None)


def _redirect_of(rule: RuleValue) -> str | None:
    return next((each.url for each in rule.actions if isinstance(each, Redirect)), None)


def _searched_for(url: str) -> str | None:
    """Return the query of an address of search results; None for other pages."""
    values = parse_qs(urlsplit(url).query).get("q")
    return values[-1][:MAX_QUERY_LENGTH] if values else None
