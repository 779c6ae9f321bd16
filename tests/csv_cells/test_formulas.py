"""Escaping text in CSV files that a spreadsheet would run as a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csv_cells.formulas import escaped, unescaped
from tests.csv_cells.cases import CELLS


@pytest.mark.parametrize(("text", "cell"), CELLS)
def test_text_that_would_run_as_a_formula_is_escaped_by_an_apostrophe(text: str, cell: str) -> None:
    assert escaped(text) == cell
    assert unescaped(cell) == text


@given(st.text(alphabet="'=+-@ab1.,\t\r\n\"", max_size=6))
def test_escaped_text_is_not_a_formula_and_can_be_restored(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert escaped(text)[:1] not in set("=@\t\r\n")
