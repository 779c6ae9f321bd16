"""When the suggestion dictionary is built, and from what."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from analytics_pipeline.warehouse import WarehouseUnavailable
from backend.search.models import StoredSuggestions
from backend.search.rebuilding import build
from backend.search.suggestions import refreshing
from backend.search.suggestions.loading import DictionaryCache
from backend.search.suggestions.refreshing import QUERIES_EVERY, SHARE_OF_TIME, refresh_if_due
from indexing.engine import SearchEngine
from indexing.page import SuggestionKind
from indexing.suggestions import dictionary
from indexing.suggestions.completing import completions
from indexing.suggestions.statistics import QueryStatistic
from tests.backend.shop import SYSTEM, product

pytestmark = pytest.mark.django_db(transaction=True)


class Statistics:
    """A warehouse, replaced by what it returns; None while it is away."""

    def __init__(self, *found: QueryStatistic) -> None:
        self.found: Sequence[QueryStatistic] | None = found
        self.reads = 0

    def warehouse(self) -> "Statistics":
        return self

    def read(self, warehouse: object, *, now: datetime) -> Sequence[QueryStatistic]:
        self.reads += 1
        if self.found is None:
            raise WarehouseUnavailable("away")
        return self.found


@pytest.fixture
def statistics(monkeypatch: pytest.MonkeyPatch) -> Statistics:
    stands_in = Statistics(
        QueryStatistic("brass lantern", 9, 30.0, 9.0, 1.0), QueryStatistic("oak lantern", 8, 20.0, 1.0, 1.0)
    )
    monkeypatch.setattr(refreshing, "query_statistics", stands_in.read)
    return stands_in


@pytest.fixture
def shop(folder_engine: SearchEngine) -> SearchEngine:
    product("Brass lantern", category=("Home", "Lamps"), brand="Lumen")
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    return folder_engine


def suggested(typed: str) -> list[tuple[str, str]]:
    known = DictionaryCache().current()
    return [(each.kind.value, each.text) for each in completions(known, typed, limit=10)[1]]


def refreshed(shop: SearchEngine, statistics: Any, *, after: timedelta) -> bool:
    return refresh_if_due(shop, statistics, now=timezone.now() + after)


def test_queries_that_find_nothing_are_not_suggested(shop: SearchEngine, statistics: Statistics) -> None:
    assert refreshed(shop, statistics, after=QUERIES_EVERY)

    assert ("query", "brass lantern") in suggested("lan")
    assert ("query", "oak lantern") not in suggested("lan")
    unprompted = DictionaryCache().current().unprompted
    assert [(each.kind, each.text) for each in unprompted] == [(SuggestionKind.POPULAR, "brass lantern")]


def test_the_catalogue_is_suggested_while_the_warehouse_is_away(
    shop: SearchEngine, statistics: Statistics
) -> None:
    refreshed(shop, statistics, after=QUERIES_EVERY)
    statistics.found = None
    product("Oak lantern")

    assert refreshed(shop, statistics, after=QUERIES_EVERY * 3)

    assert {("query", "brass lantern"), ("phrase", "oak lantern"), ("brand", "Lumen")} <= {
        *suggested("lantern"),
        *suggested("lu"),
    }


def test_nothing_is_built_before_something_changes_or_queries_are_due(
    shop: SearchEngine, statistics: Statistics
) -> None:
    assert refreshed(shop, statistics, after=timedelta(minutes=1))
    assert not refreshed(shop, statistics, after=timedelta(minutes=2))

    product("Oak lantern")
    assert refreshed(shop, statistics, after=timedelta(minutes=3))
    assert statistics.reads == 1

    assert refreshed(shop, statistics, after=timedelta(minutes=2) + QUERIES_EVERY)
    assert statistics.reads == 2


def test_building_takes_a_small_share_of_the_time(shop: SearchEngine, statistics: Statistics) -> None:
    built_at = timezone.now()
    StoredSuggestions.objects.update(seconds=60.0, built_at=built_at, catalogue="older")
    due_at = built_at + timedelta(seconds=60 * SHARE_OF_TIME)

    assert not refresh_if_due(shop, statistics, now=due_at - timedelta(seconds=1))  # type: ignore[arg-type]
    assert refresh_if_due(shop, statistics, now=due_at)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["another format", "damaged"])
def test_a_dictionary_that_cannot_be_read_counts_as_none(
    kind: str, shop: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = DictionaryCache()
    assert loaded.current().words

    with monkeypatch.context() as patched:
        patched.setattr(dictionary, "FORMAT", dictionary.FORMAT + 1)
        other = loaded.current().encoded()
    stored = other if kind == "another format" else other[: len(other) // 2]
    StoredSuggestions.objects.update(dictionary=stored, version=uuid4())
    loaded.forget()

    assert loaded.current().words == []


def test_a_failing_database_leaves_the_dictionary_that_is_loaded(
    shop: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds, asked = [0.0], []

    class Away:
        def values_list(self, *names: str, flat: bool) -> None:
            asked.append(seconds[-1])
            seconds.append(seconds[-1] + 5)
            raise OperationalError("away")

    loaded = DictionaryCache(clock=lambda: seconds[-1])
    known = loaded.current()
    monkeypatch.setattr(StoredSuggestions, "objects", Away())

    seconds.append(10.0)
    assert [loaded.current(), loaded.current()] == [known, known]
    assert asked == [10.0]
    assert DictionaryCache().current().words == []
