"""The sentence that tells shoppers how their query was read; the cases are in `summaries.md`."""

from decimal import Decimal
from pathlib import Path

import pytest

from backend.search.summary import ClauseCode, clauses, summary_shown
from indexing.page import Matched, SearchPage
from indexing.planning.plan import Alternative, AlternativeKind, Need, Plan
from indexing.understanding.values import Understood
from tests.markdown_rows import rows_of

CASES = rows_of(Path(__file__).parent / "summaries.md")
TYPED = Alternative(("typed",))
REPLACED = Alternative(("meant",), kind=AlternativeKind.CORRECTED)


def page_of(case: dict[str, str]) -> SearchPage:
    """Return the page that a row describes."""
    alternatives = (REPLACED, TYPED) if case["known"] == "yes" else (REPLACED,)
    understood = Understood(
        min_price=Decimal(case["least"]) if case["least"] else None,
        max_price=Decimal(case["most"]) if case["most"] else None,
        excluded=_listed(case["excluded"]),
        phrases=_listed(case["phrases"]),
        optional=_listed(case["optional"]),
    )
    return SearchPage(
        generation="products-1",
        hits=(),
        count=int(case["count"]),
        matched=Matched(case["matched"]),
        currency="EUR",
        understood=understood,
        searched_text=case["typed"],
        plan=Plan((Need((0,), alternatives),), corrected_text=case["corrected"] or None),
    )


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split(",")))


@pytest.mark.parametrize("case", CASES, ids=[case["sentence"] for case in CASES])
def test_the_sentence_says_how_the_query_was_read(case: dict[str, str]) -> None:
    assert summary_shown(page_of(case))["text"] == case["sentence"]


def test_the_cases_have_every_clause() -> None:
    assert {each.code for case in CASES for each in clauses(page_of(case))} == set(ClauseCode)


def test_every_value_of_a_clause_is_in_its_english_text() -> None:
    for case in CASES:
        for each in clauses(page_of(case)):
            text = each.text.replace(",", "").replace("No ", "0 ")
            assert all(value in text for value in each.values), each
