"""Parses the numbers in merchants' files: with a decimal point or comma, grouped digits, currency signs.

All numbers of a file have the same decimal mark, which is given as an option or detected: 12,50 and 1.234,5
can only have a decimal comma. 1,234 is ambiguous, so a file with such numbers is refused if no other number
shows the decimal mark.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from backend.importing.errors import UnreadableFile

POINT, COMMA = ".", ","
MARKS = {"point": POINT, "comma": COMMA}
OTHER = {POINT: COMMA, COMMA: POINT}
EITHER = "either"
REMEMBERED = 4_096
"""How many parsed texts are cached: files repeat numbers, and parsing takes several regular expressions."""
_SPACES = " \u00a0\u202f\u2009'\u2019"
_PARTS = re.compile(rf"(?P<lead>[^0-9]*)(?P<number>[0-9](?:[0-9.,{_SPACES}]*[0-9])?)(?P<tail>[^0-9]*)")
_DOLLARS = (
    "ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD"
    " USD UYU XCD"
)
_RUPEES = "INR LKR MUR NPR PKR"
_POUNDS = "EGP FKP GBP GIP LBP SDG SHP SSP SYP"
_CROWNS = "DKK ISK NOK SEK"
SIGNS = {
    "$": _DOLLARS, "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD",
    "HK$": "HKD", "S$": "SGD", "MX$": "MXN", "R$": "BRL", "€": "EUR", "£": _POUNDS,
    "¥": "JPY CNY", "₹": "INR", "Rs": _RUPEES, "Rs.": _RUPEES, "zł": "PLN", "kr": _CROWNS, "kr.": _CROWNS,
    "Kč": "CZK", "Ft": "HUF", "lei": "RON", "₺": "TRY", "₽": "RUB", "₴": "UAH", "₩": "KRW KPW", "₫": "VND",
    "₪": "ILS", "฿": "THB", "₱": "PHP CUP", "₦": "NGN", "Fr.": "CHF", "SFr.": "CHF",
}  # fmt: skip
"""The currencies that a sign may stand for; the currency of a row is never derived from a sign."""


@lru_cache(maxsize=REMEMBERED)
def plain(text: str, *, mark: str, currency: str = "", unit: str = "") -> str:
    """Return a number as digits with a decimal point, without group separators and currency.

    Return an empty text if `text` isn't a number with this decimal mark, or has a sign that can't stand for
    `currency`. `unit` is another sign that the number may have, such as "%".
    """
    if text.isascii() and text.isdigit():
        return text
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return ""
    around = [part for part in (parts["lead"].strip(), parts["tail"].strip()) if part]
    if len(around) > 1 or (around and around[0] != unit and not _stands_for(around[0], currency)):
        return ""
    return _number(parts["number"], mark=mark)


def _number(text: str, *, mark: str) -> str:
    found = _grouped(mark).fullmatch(text) or _ungrouped(mark).fullmatch(text)
    if found is None:
        return ""
    digits = re.sub("[^0-9]", "", found["whole"])
    return f"{digits}.{found['places']}" if found["places"] else digits


def _stands_for(sign: str, currency: str) -> bool:
    return bool(currency) and (sign == currency or currency in SIGNS.get(sign, "").split())


@cache
def _grouped(mark: str) -> re.Pattern[str]:
    separator = rf"(?P<separator>[{OTHER[mark]}{_SPACES}])"
    # Groups have three digits; in India, only the last group has three, and the others have two.
    whole = rf"(?P<whole>[1-9][0-9]{{0,2}}{separator}(?:[0-9]{{2,3}}(?P=separator))*[0-9]{{3}})"
    return re.compile(rf"{whole}(?:{re.escape(mark)}(?P<places>[0-9]+))?")


@cache
def _ungrouped(mark: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<whole>[0-9]+)(?:{re.escape(mark)}(?P<places>[0-9]+))?")


@lru_cache(maxsize=REMEMBERED)
def shown_mark(text: str) -> str:
    """Return the decimal mark of a number, EITHER if it is ambiguous, or empty if there is none."""
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return ""
    found = {mark: _number(parts["number"], mark=mark) for mark in (POINT, COMMA)}
    possible = [mark for mark, number in found.items() if number]
    if len(possible) == 1:
        return possible[0]
    return EITHER if found[POINT] != found[COMMA] else ""


Cell = tuple[int, str, str]
"""The line of a number, the name of its column, and its text."""


def decimal_mark(cells: Iterable[Cell], *, path: str) -> str:
    """Return the decimal mark of the file `path` that has these numbers.

    Raises:
        UnreadableFile: the numbers are ambiguous, or contradict each other.
    """
    found: dict[str, Cell] = {}
    for cell in cells:
        mark = shown_mark(cell[2])
        if mark:
            found.setdefault(mark, cell)
    if POINT in found and COMMA in found:
        point, comma = _described(found[POINT]), _described(found[COMMA])
        raise UnreadableFile(
            f"{path}: has decimal points and decimal commas: {point}, but {comma}. Choose one with"
            " --decimal point or --decimal comma; rows with the other are then refused"
        )
    if EITHER in found and len(found) == 1:
        raise UnreadableFile(
            f"{path}: {_described(found[EITHER])}, which is ambiguous, and no other number shows the decimal"
            " mark. Choose it with --decimal point or --decimal comma"
        )
    return COMMA if COMMA in found else POINT


def _described(cell: Cell) -> str:
    line, column, text = cell
    return f"line {line} has the {column} {text}"


def numbers_in(
    rows: Iterable[tuple[int, dict[str, str]]], *, columns: Iterable[str], bounded: Iterable[str]
) -> Iterator[Cell]:
    """Yield the numbers of rows from which the decimal mark can be detected.

    The numbers of `bounded` columns are below 1,000, so an ambiguous one can't have grouped digits.
    """
    free, small = tuple(columns), tuple(bounded)
    for line, values in rows:
        for column in free:
            text = values.get(column, "")
            if text and not text.isdigit():
                yield line, column, text
        for column in small:
            text = values.get(column, "")
            if shown_mark(text) not in ("", EITHER):
                yield line, column, text
