"""Queries that may be suggested, popular queries and trending ones."""

from pathlib import Path

import pytest

from indexing.suggestions.statistics import MAX_LENGTH, QueryStatistic, may_be_suggested, popular, trending
from tests.markdown_rows import rows_of

CASES = rows_of(Path(__file__).parent / "queries.md")


def query(text: str, *, score: float = 1.0, recent: float = 0.0, before: float = 0.0) -> QueryStatistic:
    return QueryStatistic(text, shoppers=5, score=score, recent=recent, before=before)


@pytest.mark.parametrize("case", CASES, ids=[case["query"] for case in CASES])
def test_personal_queries_are_not_suggested(case: dict[str, str]) -> None:
    assert may_be_suggested(case["query"]) == (case["suggested"] == "yes")


def test_a_long_text_is_not_suggested() -> None:
    assert not may_be_suggested("lamp" + "s" * MAX_LENGTH)


def test_popular_queries_are_those_that_led_to_the_most() -> None:
    queries = [query("vase", score=2), query("lamp", score=9), query("mug", score=2)]

    assert [each.text for each in popular(queries)] == ["lamp", "mug", "vase"]


def test_a_trending_query_grows_against_its_own_past() -> None:
    frequent = query("lamp", recent=1_000, before=1_000)
    rising = query("sunglasses", recent=60, before=10)
    rare = query("ocarina", recent=3, before=0)

    assert trending([frequent, rising, rare]) == [rising]


def test_a_busy_week_is_no_trend() -> None:
    assert trending([query("lamp", recent=300, before=100), query("vase", recent=3_000, before=1_000)]) == []
