"""What an engine returns for a scenario, in the terms of its expectations."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from indexing.document import ProductDocument
from indexing.engine import SearchEngine
from indexing.filters import Filters
from indexing.page import SearchPage
from indexing.request import SearchRequest, Sort
from tests.acceptance.search_scenarios.scenario import Scenario

SUGGESTIONS = 10


class Observed:
    """The page or the suggestions of one scenario, which are requested when they are first looked at."""

    def __init__(self, scenario: Scenario, engine: SearchEngine) -> None:
        self.scenario = scenario
        self.engine = engine

    @cached_property
    def page(self) -> SearchPage:
        """The page of the scenario's search."""
        return self.engine.search(_request(self.scenario))

    @cached_property
    def suggestions(self) -> list[str]:
        """The texts of the scenario's suggestions."""
        assert self.scenario.typed is not None, "the scenario has no `typed`"
        return [each.text.casefold() for each in self.engine.suggest(self.scenario.typed, limit=SUGGESTIONS)]

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
        """Return the page of another query with the same filters and order."""
        return self.engine.search(_request(replace(self.scenario, query=query)))


def _request(scenario: Scenario) -> SearchRequest:
    options: dict[str, Any] = {name: getattr(scenario, name) for name in ("synonyms", "rules")}
    given = {name: value for name, value in options.items() if value}
    for name in given:
        assert name in SearchRequest.__dataclass_fields__, f"a search has no {name}"
    return SearchRequest(
        text=scenario.query,
        sort=Sort(scenario.sort),
        page_size=scenario.page_size,
        filters=Filters(**{name: _filter(value) for name, value in scenario.filters.items()}),
        **given,
    )


def _filter(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        return {name: _filter(each) for name, each in value.items()}
    return Decimal(value) if type(value) is int else value


def holds(text: str, wanted: str) -> bool:
    """Return whether words of `text` begin with one of the alternatives of `wanted`, which "|" separates."""
    spaced = f" {_simplified(text)}"
    return any(f" {_simplified(each)}" in spaced for each in wanted.split("|"))


def _simplified(text: str) -> str:
    """Return `text` in lower case without accents, with a space for each other character but letters and digits."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (each for each in decomposed if not unicodedata.combining(each))
    return " ".join("".join(each if each.isalnum() else " " for each in kept).split())
