"""Apply the live synonyms and rules to a search."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from backend.search.rules.live import CACHE, LiveRules
from backend.search.rules.selectors import UNSAVED
from indexing.page import Hit
from indexing.request import SearchRequest
from indexing.rules.outcome import RuleOutcome, apply


@dataclass(frozen=True, slots=True)
class RuledSearch:
    """A search with what the rules changed about it."""

    request: SearchRequest
    outcome: RuleOutcome
    live: LiveRules

    def pinned_in(self, hits: Sequence[Hit]) -> dict[int, int]:
        """Return the products of a page that have a place by a rule, each with the rule's id."""
        return {hit.product.id: self.outcome.pinned_by[hit.product.id] for hit in hits if hit.pinned}

    def applied(self) -> list[dict[str, object]]:
        """Return the id and the name of each rule that was applied."""
        return [
            {"id": None if each == UNSAVED else each, "name": self.live.names[each]}
            for each in self.outcome.rule_ids
        ]


def ruled(search: SearchRequest, *, now: datetime) -> RuledSearch:
    """Return `search` with the live synonyms and rules."""
    return with_rules(search, CACHE.current(), now=now)


def with_rules(search: SearchRequest, live: LiveRules, *, now: datetime) -> RuledSearch:
    """Return `search` with these synonyms and rules."""
    outcome = apply(live.rules, text=search.text, filters=search.filters, now=now)
    return RuledSearch(replace(outcome.changed(search), synonyms=live.synonyms), outcome, live)
