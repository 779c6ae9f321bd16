"""What spreadsheets do to the cells of a table."""

import re

from backend.importing.errors import InvalidValue
from csv_cells import formulas

QUOTED = re.compile(r'="(?P<text>[^"]*)"')
EXPONENT = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2,}", re.IGNORECASE)
FAULTS = frozenset({"#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"})

EXPONENT_FORM = "is a number in exponent form, to which a spreadsheet shortened it: format the column as text"
FAULTY = "is an error of a spreadsheet's formula"
HIDDEN = "is only #, which a spreadsheet shows where a column is too narrow"


def meaning(cell: str) -> str:
    """Return what a cell means, without an apostrophe before a formula or the `="…"` around the value."""
    found = QUOTED.fullmatch(cell) if cell.startswith('="') else None
    return found["text"] if found else formulas.unescaped(cell)


def harmless(cell: str) -> str:
    """Return a cell of a file so that it runs as no formula and still means the same (see meaning)."""
    return cell if cell.startswith("'") or QUOTED.fullmatch(cell) else formulas.escaped(cell)


def refuse_damaged(cell: str, *, column: str) -> None:
    """Accept the cell if it shows no damage by a spreadsheet.

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
    """Accept the SKU, or another reference, if it has not lost digits.

    Raises:
        InvalidValue: a spreadsheet has shortened it to a number in exponent form.
    """
    if EXPONENT.fullmatch(reference):
        raise InvalidValue(f"{column} {EXPONENT_FORM}")
