"""Handles what spreadsheets change in cells: escapes, errors of formulas, and shortened numbers."""

import re

from backend.importing.errors import InvalidValue
from csv_cells import formulas

QUOTED = re.compile(r'="(?P<text>[^"]*)"')
EXPONENT = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2,}", re.IGNORECASE)
FAULTS = frozenset({"#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"})

EXPONENT_FORM = "was shortened to exponent form by a spreadsheet: format the column as text"
FAULTY = "is an error of a spreadsheet's formula"
HIDDEN = "is hidden by ###, which a spreadsheet shows if a column is too narrow"


def unescaped_cell(cell: str) -> str:
    """Return the cell without an apostrophe before a formula, or without `="…"` around the value."""
    found = QUOTED.fullmatch(cell) if cell.startswith('="') else None
    return found["text"] if found else formulas.unescaped(cell)


def escaped_cell(cell: str) -> str:
    """Return the cell, escaped if a spreadsheet would run it as a formula; `unescaped_cell` reverses this."""
    return cell if cell.startswith("'") or QUOTED.fullmatch(cell) else formulas.escaped(cell)


def refuse_damaged(cell: str, *, column: str) -> None:
    """Check that a spreadsheet has not replaced the cell's value.

    Raises:
        InvalidValue: it is the error of a formula, or hidden because its column is narrow.
    """
    if not cell.startswith("#"):
        return
    if cell in FAULTS:
        raise InvalidValue(f"{column} {FAULTY} ({cell})")
    if len(cell) > 1 and not cell.strip("#"):
        raise InvalidValue(f"{column} {HIDDEN}")


def refuse_shortened(reference: str, *, column: str) -> None:
    """Check that a SKU, or another reference, has not lost digits.

    Raises:
        InvalidValue: a spreadsheet has shortened it to a number in exponent form.
    """
    if EXPONENT.fullmatch(reference):
        raise InvalidValue(f"{column} {EXPONENT_FORM}")
