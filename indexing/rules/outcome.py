"""Apply query rules to a search.

The conditions of all rules are checked against the query as it was sent, so a rewritten query triggers no
further rule. If actions conflict, the action of the rule that is applied first counts; a hidden product,
however, is never shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from indexing.analysis import Analysis, Token
from indexing.filters import Filters
from indexing.request import MAX_QUERY_LENGTH, SearchRequest
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
from indexing.rules.query_rules import QueryRule, RuleSet
from indexing.rules.words import compared, positions

MAX_PINS = 50
MAX_HIDDEN = 500
MAX_BOOSTS = 4
"""tantivy needs a query for each combination of them."""
MAX_RESTRICTIONS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleOutcome:
    """What the rules change about one search."""

    text: str
    redirect: str | None = None
    restrictions: tuple[Filters, ...] = ()
    pinned: tuple[Pin, ...] = ()
    hidden: tuple[int, ...] = ()
    boosts: tuple[Boost, ...] = ()
    rule_ids: tuple[int, ...] = ()
    """The rules of which at least one action counts, in the order in which they were applied."""
    pinned_by: Mapping[int, int] = field(default_factory=dict)
    """The rule that pinned each product."""

    def changed(self, request: SearchRequest) -> SearchRequest:
        """Return `request` with these changes."""
        return replace(
            request,
            text=self.text,
            restrictions=(*request.restrictions, *self.restrictions),
            pinned=self.pinned,
            hidden=self.hidden,
            boosts=self.boosts,
        )


def apply(rules: RuleSet, *, text: str, filters: Filters, now: datetime) -> RuleOutcome:
    """Return what the rules change about a search for `text` with `filters`."""
    tokens = rules.analysis.tokens(text)
    matching = rules.matching(tuple(map(compared, tokens)))
    found = [rule for rule in matching if rule.is_in_force(filters=filters, now=now)]
    if not found:
        return RuleOutcome(text=text)
    applied = _Applied(text, tokens, rules.analysis)
    counting: set[int] = set()
    # Hidden products first, because no rule can pin them.
    for hides in (True, False):
        for rule in found:
            taken = [applied.take(each, rule) for each in rule.actions if isinstance(each, Hide) is hides]
            counting |= {rule.id} if any(taken) else set()
    return applied.outcome(rule_ids=tuple(rule.id for rule in found if rule.id in counting))


class _Applied:
    """Collects the actions that count."""

    def __init__(self, text: str, tokens: tuple[Token, ...], analysis: Analysis) -> None:
        self._text = text
        self._tokens = tokens
        self._analysis = analysis
        self._is_replaced = False
        self._redirect: str | None = None
        self._restrictions: list[Filters] = []
        self._pins: dict[int, tuple[Pin, int]] = {}
        self._hidden: dict[int, None] = {}
        self._boosts: list[Boost] = []

    def take(self, action: Action, rule: QueryRule) -> bool:
        """Add an action of `rule`; return whether it counts."""
        if isinstance(action, Pin):
            return self._pin(action, rule)
        taken: Mapping[type[Action], Callable[[Any], bool]] = {
            Hide: self._hide,
            Boost: self._boost,
            Restrict: self._restrict,
            Redirect: self._redirect_to,
            ReplaceWords: self._replace_words,
            ReplaceQuery: self._replace_query,
        }
        return taken[type(action)](action)

    def outcome(self, *, rule_ids: tuple[int, ...]) -> RuleOutcome:
        """Return the actions that count."""
        return RuleOutcome(
            text=self._text,
            redirect=self._redirect,
            restrictions=tuple(self._restrictions),
            pinned=tuple(pin for pin, _ in self._pins.values()),
            hidden=tuple(self._hidden),
            boosts=tuple(self._boosts),
            rule_ids=rule_ids,
            pinned_by={product_id: rule_id for product_id, (_, rule_id) in self._pins.items()},
        )

    def _pin(self, action: Pin, rule: QueryRule) -> bool:
        if action.product_id in self._pins or action.product_id in self._hidden:
            return False
        if len(self._pins) == MAX_PINS:
            return False
        self._pins[action.product_id] = (action, rule.id)
        return True

    def _hide(self, action: Hide) -> bool:
        if action.product_id in self._hidden or len(self._hidden) == MAX_HIDDEN:
            return False
        self._hidden[action.product_id] = None
        return True

    def _boost(self, action: Boost) -> bool:
        if len(self._boosts) == MAX_BOOSTS:
            return False
        self._boosts.append(action)
        return True

    def _restrict(self, action: Restrict) -> bool:
        if len(self._restrictions) == MAX_RESTRICTIONS:
            return False
        self._restrictions.append(action.filters)
        return True

    def _redirect_to(self, action: Redirect) -> bool:
        if self._redirect is not None:
            return False
        self._redirect = action.url
        return True

    def _replace_query(self, action: ReplaceQuery) -> bool:
        if self._is_replaced:
            return False
        self._text, self._is_replaced = action.text, True
        return True

    def _replace_words(self, action: ReplaceWords) -> bool:
        text = replaced(self._text, self._tokens, action)
        # A query without words would find everything.
        if self._is_replaced or text == self._text or not text or len(text) > MAX_QUERY_LENGTH:
            return False
        self._text, self._tokens = text, self._analysis.tokens(text)
        return True


def replaced(text: str, tokens: Sequence[Token], action: ReplaceWords) -> str:
    """Return `text` with the words of the action replaced, wherever they are; the rest stays as written."""
    places = positions(action.words, list(map(compared, tokens)))
    for place in reversed(places):
        start, end = tokens[place].start, tokens[place + len(action.words) - 1].end
        text = f"{text[:start]}{action.by}{text[end:]}"
    return " ".join(text.split()) if places else text
