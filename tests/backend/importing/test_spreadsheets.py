"""The cells that spreadsheets write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.importing.errors import InvalidValue
from backend.importing.spreadsheets import escaped_cell, refuse_damaged, refuse_shortened, unescaped_cell
from tests.csv_cells.cases import CELLS


@pytest.mark.parametrize(("text", "cell"), CELLS)
def test_a_cell_of_an_export_is_read_as_the_exported_text(text: str, cell: str) -> None:
    assert unescaped_cell(cell) == text


@given(st.text(alphabet="'=+-@ab1\t\"", max_size=6))
def test_a_cell_in_a_file_of_refused_rows_is_read_as_the_same_text(cell: str) -> None:
    assert unescaped_cell(escaped_cell(cell)) == unescaped_cell(cell)


def test_a_number_that_a_formula_keeps_as_text_is_extracted() -> None:
    assert unescaped_cell('="00123"') == "00123"
    assert unescaped_cell('=A1&"b"') == '=A1&"b"'


@pytest.mark.parametrize("cell", ["#REF!", "#N/A", "####"])
def test_a_formula_error_is_refused(cell: str) -> None:
    with pytest.raises(InvalidValue, match="title"):
        refuse_damaged(cell, column="title")


@pytest.mark.parametrize("cell", ["#1 lamp", "#", "# # #"])
def test_text_with_a_number_sign_is_not_an_error(cell: str) -> None:
    refuse_damaged(cell, column="title")


@pytest.mark.parametrize("sku", ["1.23457E+12", "4,00638E+12", "1E+05"])
def test_a_sku_that_a_spreadsheet_shortened_is_refused(sku: str) -> None:
    with pytest.raises(InvalidValue, match="exponent form"):
        refuse_shortened(sku, column="sku")


@pytest.mark.parametrize("sku", ["12E3", "E+12", "1.5E-3", "ABC-1E+05"])
def test_a_sku_that_only_resembles_an_exponent_form_is_accepted(sku: str) -> None:
    refuse_shortened(sku, column="sku")
