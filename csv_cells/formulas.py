"""Keeps text in a CSV file from being run as a formula by a spreadsheet, without losing what it was.

Spreadsheets run a cell that begins with =, +, - or @, also after a tab or a line break; in East Asian
languages also with the full-width forms of these. An apostrophe in front makes it text. The rule is one
function and its inverse, so that what is exported can be imported unchanged; `tests/csv_cells/cases.json` has
examples.
"""

import re

_FORMULA = re.compile(r"'*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
_NUMBER = re.compile(r"[+-]?[.,]?[0-9][0-9.,]*")


def escaped(text: str) -> str:
    """Return the text with an apostrophe in front if a spreadsheet would run it; numbers such as -5 stay.

    Text that already has apostrophes before such a character gets one more, so that `unescaped` is exact.
    """
    runs = _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None
    return f"'{text}" if runs else text


def unescaped(cell: str) -> str:
    """Return the text from which `escaped` made the cell."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
