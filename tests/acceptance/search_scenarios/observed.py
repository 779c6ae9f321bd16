"""What an engine returns for a scenario, in the terms of its expectations."""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property

from indexing.document import ProductDocument
from indexing.engine import SearchEngine
from indexing.page import SearchPage
from indexing.request import SearchRequest, Sort
from indexing.rules.outcome import RuleOutcome, apply
from indexing.suggestions.completing import completions
from indexing.suggestions.dictionary import SuggestionDictionary
from tests.acceptance.search_scenarios.catalogue import EPOCH
from tests.acceptance.search_scenarios.scenario import Scenario
from tests.acceptance.search_scenarios.staff import filters, rules, synonyms

SUGGESTIONS = 10


class Observed:
    """The page or the suggestions of one scenario, which are requested when they are first looked at."""

    def __init__(
        self,
        scenario: Scenario,
        engine: SearchEngine,
        *,
        dictionary: SuggestionDictionary,
        ids: Mapping[str, int],
    ) -> None:
        self.scenario = scenario
        self.engine = engine
        self.dictionary = dictionary
        self.ids = ids
        """The products' ids by SKU."""

    @cached_property
    def page(self) -> SearchPage:
        """The page of the scenario's search."""
        return self.page_of(self.scenario.query)

    @cached_property
    def suggestions(self) -> list[str]:
        """The texts of the scenario's suggestions."""
        assert self.scenario.typed is not None, "the scenario has no `typed`"
        _, found = completions(self.dictionary, self.scenario.typed, limit=SUGGESTIONS)
        return [each.text.casefold() for each in found]

    @property
    def understood(self) -> object:
        """How the query was understood."""
        assert hasattr(self.page, "understood"), "pages don't say how the query was understood"
        understood: object = self.page.understood
        return understood

    def first(self, number: int) -> Sequence[ProductDocument]:
        """Return the first products of the page; there must be one."""
        found = [hit.product for hit in self.page.hits[:number]]
        assert found, "nothing was found"
        return found

    def page_of(self, query: str) -> SearchPage:
        """Return the page of a query with the scenario's filters, order, synonyms and rules."""
        request = SearchRequest(
            text=query,
            sort=Sort(self.scenario.sort),
            page_size=self.scenario.page_size,
            is_typed=self.scenario.is_typed,
            filters=filters(self.scenario.filters),
            synonyms=synonyms(self.scenario.synonyms),
        )
        return self.engine.search(self._outcome(query).changed(request))

    @property
    def redirect(self) -> str | None:
        """The address to which rules send the shopper."""
        return self._outcome(self.scenario.query).redirect

    def _outcome(self, query: str) -> RuleOutcome:
        applied = rules(self.scenario.rules, ids=self.ids)
        return apply(applied, text=query, filters=filters(self.scenario.filters), now=EPOCH)


def holds(text: str, wanted: str) -> bool:
    """Return whether words of `text` begin with one of the alternatives of `wanted`, which "|" separates."""
    spaced = f" {_simplified(text)}"
    return any(f" {_simplified(each)}" in spaced for each in wanted.split("|"))


def _simplified(text: str) -> str:
    """Return `text` in lower case without accents, with a space for each other character but letters and digits."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (each for each in decomposed if not unicodedata.combining(each))
    return " ".join("".join(each if each.isalnum() else " " for each in kept).split())
