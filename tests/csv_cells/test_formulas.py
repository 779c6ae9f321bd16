import pytest
from hypothesis import given
from hypothesis import strategies as st

from csv_cells.formulas import escaped, unescaped
from tests.csv_cells.cases import CELLS


@pytest.mark.parametrize(("text", "cell"), CELLS)
def test_only_what_would_run_as_a_formula_gets_an_apostrophe_which_reading_takes_away(
    text: str, cell: str
) -> None:
    assert escaped(text) == cell
    assert unescaped(cell) == text


@given(st.text(alphabet="'=+-@ab1.,\t\r\n\"", max_size=6))
def test_escaping_loses_nothing_and_leaves_no_formula(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert escaped(text)[:1] not in set("=@\t\r\n")
