import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.importing.errors import InvalidValue
from backend.importing.spreadsheets import harmless, meaning, refuse_damaged, refuse_shortened
from tests.csv_cells.cases import CELLS


@pytest.mark.parametrize(("text", "cell"), CELLS)
def test_a_cell_of_an_export_means_the_text_that_was_exported(text: str, cell: str) -> None:
    assert meaning(cell) == text


@given(st.text(alphabet="'=+-@ab1\t\"", max_size=6))
def test_a_refused_cell_is_stored_so_that_it_means_the_same(cell: str) -> None:
    assert meaning(harmless(cell)) == meaning(cell)


def test_a_number_kept_as_text_is_taken_out_of_its_formula() -> None:
    assert meaning('="00123"') == "00123"
    assert meaning('=A1&"b"') == '=A1&"b"'


@pytest.mark.parametrize("cell", ["#REF!", "#N/A", "####"])
def test_the_error_of_a_spreadsheet_is_refused(cell: str) -> None:
    with pytest.raises(InvalidValue, match="title"):
        refuse_damaged(cell, column="title")


@pytest.mark.parametrize("cell", ["#1 lamp", "#", "# # #"])
def test_a_number_sign_alone_is_no_error(cell: str) -> None:
    refuse_damaged(cell, column="title")


@pytest.mark.parametrize("sku", ["1.23457E+12", "4,00638E+12", "1E+05"])
def test_a_sku_that_a_spreadsheet_shortened_is_refused(sku: str) -> None:
    with pytest.raises(InvalidValue, match="exponent form"):
        refuse_shortened(sku, column="sku")


@pytest.mark.parametrize("sku", ["12E3", "E+12", "1.5E-3", "ABC-1E+05"])
def test_a_sku_that_only_looks_alike_is_accepted(sku: str) -> None:
    refuse_shortened(sku, column="sku")
