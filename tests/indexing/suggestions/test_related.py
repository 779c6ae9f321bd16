"""Related searches; the cases are in `related.md`."""

from pathlib import Path

import pytest

from indexing.analysis import analysis_for
from indexing.suggestions.building import build
from indexing.suggestions.related import related
from indexing.suggestions.statistics import QueryStatistic
from tests.indexing.suggestions.catalogue import PRODUCTS, QUERIES
from tests.markdown_rows import rows_of

CASES = rows_of(Path(__file__).parent / "related.md")
DICTIONARY = build(
    PRODUCTS,
    queries=(*QUERIES, QueryStatistic("gifts for children", shoppers=6, score=9.0, recent=1.0, before=1.0)),
)


def texts(searched: str, *, limit: int = 6) -> list[str]:
    """Return the related searches."""
    found = related(DICTIONARY, searched, stem=analysis_for("english").term, limit=limit)
    return [each.text for each in found]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['searched']}: {case['rule']}" for case in CASES])
def test_the_searches_that_are_related(case: dict[str, str]) -> None:
    found = texts(case["searched"])

    wanted = [each for each in case["related"].split(", ") if each]
    assert found[: len(wanted)] == wanted
    assert case["never"] not in found or not case["never"]
    assert len(set(found)) == len(found)


def test_there_are_at_most_as_many_as_are_wanted() -> None:
    assert len(texts("christmas")) > 2
    assert len(texts("christmas", limit=2)) == 2
    assert texts("christmas", limit=0) == []


def test_phrases_of_titles_that_have_all_words_follow() -> None:
    found = texts("chopping boards")

    assert "oak chopping board" in found
    assert "chopping board" not in found
    assert all({"chopping", "board"} <= set(each.split()) for each in found)
