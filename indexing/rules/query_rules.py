"""Query rules, and the set of them that finds the rules of a query by its words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from indexing.analysis import Analysis
from indexing.filters import NO_FILTERS, Filters
from indexing.mapping import key
from indexing.rules.actions import Action
from indexing.rules.words import DEFAULT_ANALYSIS, Phrase, positions

DEFAULT_PRIORITY = 100


class QueryMatch(StrEnum):
    """How the words of a query are compared with the phrases of a rule."""

    ALWAYS = "always"
    """Every query, also an empty one."""
    EXACT = "exact"
    CONTAINS = "contains"
    """Somewhere in the query, adjacent and in the same order."""
    STARTS_WITH = "starts_with"


@dataclass(frozen=True, kw_only=True, slots=True)
class QueryRule:
    """Actions for the queries that a condition describes, in a period."""

    id: int
    match: QueryMatch
    phrases: tuple[Phrase, ...] = ()
    """The query must match one of them."""
    context: Filters = NO_FILTERS
    """Filters that the request must have."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    """The first moment at which the rule no longer applies."""
    priority: int = DEFAULT_PRIORITY
    """Rules with lower numbers are applied first, and win conflicts; among equal ones, the older rule."""
    actions: tuple[Action, ...] = ()

    def matches(self, words: Phrase) -> bool:
        """Return whether the rule is about queries of these words."""
        return self.match is QueryMatch.ALWAYS or any(self._matches(each, words) for each in self.phrases)

    def is_in_force(self, *, filters: Filters, now: datetime) -> bool:
        """Return whether `now` is in the rule's period and `filters` have its context."""
        return (
            (self.starts_at is None or self.starts_at <= now)
            and (self.ends_at is None or now < self.ends_at)
            and _is_in_context(self.context, filters)
        )

    def _matches(self, phrase: Phrase, words: Phrase) -> bool:
        match self.match:
            case QueryMatch.EXACT:
                return words == phrase
            case QueryMatch.STARTS_WITH:
                return words[: len(phrase)] == phrase
            case _:
                return bool(positions(phrase, words))


def _is_in_context(context: Filters, filters: Filters) -> bool:
    """Return whether `filters` has every filter of `context`, with at least its values."""
    if context is NO_FILTERS or context == NO_FILTERS:
        return True
    wanted, given = context.given(), filters.given()
    if {"category_tokens"} <= wanted.keys() & given.keys():
        # Tokens identify a category, which a request may name by its slug, path or name.
        if not set(wanted.pop("category_tokens")) & set(given["category_tokens"]):
            return False
        wanted.pop("category", None)
    wanted.pop("category_tokens", None)
    return all(name in given and _includes(given[name], value) for name, value in wanted.items())


def _includes(given: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return all(name in given and _includes(given[name], values) for name, values in wanted.items())
    if isinstance(wanted, tuple):
        return {key(each) for each in wanted} <= {key(each) for each in given}
    return bool(key(given) == key(wanted) if isinstance(wanted, str) else given == wanted)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order in which they are applied, found by the first word of their phrases."""

    _always: tuple[QueryRule, ...] = ()
    _by_query: Mapping[Phrase, tuple[QueryRule, ...]] = field(default_factory=dict)
    _by_first_word: Mapping[str, tuple[QueryRule, ...]] = field(default_factory=dict)
    """Rules for queries that begin with a phrase, or contain one."""
    analysis: Analysis = DEFAULT_ANALYSIS
    """How queries are split into words."""

    @classmethod
    def of(cls, rules: Iterable[QueryRule], analysis: Analysis = DEFAULT_ANALYSIS) -> "RuleSet":
        """Return the set of these rules, whose phrases were made with `analysis`."""
        always: list[QueryRule] = []
        by_query: dict[Phrase, list[QueryRule]] = {}
        by_first_word: dict[str, list[QueryRule]] = {}
        for rule in rules:
            if rule.match is QueryMatch.ALWAYS:
                always.append(rule)
            for phrase in rule.phrases:
                if rule.match is QueryMatch.EXACT:
                    by_query.setdefault(phrase, []).append(rule)
                elif phrase and rule.match is not QueryMatch.ALWAYS:
                    by_first_word.setdefault(phrase[0], []).append(rule)
        return cls(tuple(always), _frozen(by_query), _frozen(by_first_word), analysis)

    def matching(self, words: Phrase) -> list[QueryRule]:
        """Return the rules about queries of these words, in the order in which they are applied."""
        found = {rule.id: rule for rule in self._candidates(words) if rule.matches(words)}
        return sorted(found.values(), key=lambda rule: (rule.priority, rule.id))

    def _candidates(self, words: Phrase) -> Iterator[QueryRule]:
        yield from self._always
        yield from self._by_query.get(words, ())
        for word in dict.fromkeys(words):
            yield from self._by_first_word.get(word, ())


def _frozen(rules: Mapping[Any, list[QueryRule]]) -> dict[Any, tuple[QueryRule, ...]]:
    return {found: tuple(each) for found, each in rules.items()}


NO_RULES = RuleSet()
