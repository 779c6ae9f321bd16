"""Find numbers, quantities and dimensions: "1,000", "2 1/2 in.", "500ml", "2 in. x 4 in.", '15.6"'."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import TypeAlias
from unicodedata import decimal, numeric

import regex

from indexing.analysis.tokens import OPAQUE, Token, TokenKind
from indexing.analysis.units import AMBIGUOUS, FOOT_MARKS, INCH_MARKS, UNITS, canonical, plain_number

CODE_DIGITS = 8
"""A whole number of this many digits is a code: an article number or a barcode."""
MAX_DIGITS = 18
"""Longer numbers are searched as they are written, without a unit."""

MAX_SIDES = 4
QUOTATION = 100
"""Characters in which an opening quotation mark is looked for."""
CACHED_EXPRESSIONS = 50_000

_FRACTIONS = "\u00bc-\u00be\u2150-\u215e"
_DENOMINATORS = "2|3|4|5|6|8|10|12|16|32|64"
"""Of fractions: 24/7 is none."""
_DIGIT = "[0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\uff10-\uff19]"
"""European, Arabic, Persian, Devanagari, Bengali and wide digits; others are found as words."""
_STARTS = re.compile(rf"[\d{_FRACTIONS}]\d*")
"""Where an expression may begin; faster than the whole pattern at each place, and than an alternation."""
_LETTERS = rf"[^\W\d_{_FRACTIONS}]+"
_ASCII_STARTS = regex.compile("[0-9]+")
"""The same in texts of ASCII characters, where `regex` skips other characters twenty times as fast."""
_QUANTITY = re.compile(rf"[0-9]{{1,{MAX_DIGITS}}}[ -]?([a-zA-Z]+)(?:[,;:!?)]|\s*$|\s+({_LETTERS}))")
"""A whole number with a unit that nothing continues: the most frequent quantity."""
_ALONE = re.compile(rf"([0-9]{{1,{MAX_DIGITS}}})(?:\s+({_LETTERS})|[,;:.!?)](?=\s|$)|\s*$|\s+(?=[&|(]))")
_ATTACHED = re.compile(rf"[0-9]+-?({_LETTERS})")
"""The beginning of a code or name: "4K", "3-pack"."""
_BEFORE_ALONE = frozenset({"", " ", "("})
_CONTINUATIONS = frozenset(UNITS) | frozenset("in fl x by w d h l wide high long deep".split())  # noqa: SIM905
"""Most numbers are followed by another word, which is quicker to see than to try the whole pattern."""

Placed: TypeAlias = tuple[int, int, Token]
Match: TypeAlias = "regex.Match[str]"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, and its unit if it has one."""

    written: str
    value: Decimal | None
    """None for a whole number, which keeps its digits as they are written ("007")."""
    unit: str = ""

    @property
    def form(self) -> str:
        """The number: "5.5"."""
        return self.written if self.value is None else plain_number(self.value)

    @property
    def term(self) -> str:
        """The term of the quantity, the number in the base unit."""
        return canonical(Decimal(self.written) if self.value is None else self.value, self.unit)

    @property
    def terms(self) -> tuple[str, ...]:
        """The number, and the quantity if there is a unit."""
        return (self.form, self.term) if self.unit else (self.form,)


def _unit_pattern() -> str:
    marks = "|".join(map(regex.escape, INCH_MARKS))
    feet = "|".join(map(regex.escape, FOOT_MARKS))
    end = r"(?![\p{L}\p{M}\p{N}])(?!-[\p{L}\p{N}])"
    return (
        rf"(?:(?:{marks})|(?:{feet})(?!\p{{L}})"
        rf"|-?(?:{'|'.join(AMBIGUOUS)}){end}"
        rf"|(?:\s?-?\s?)(?:\L<units>{end}|fl\.?\s?oz{end}|in\.(?=\W|$)"
        # Without a dot, "in" is a preposition unless it ends a part of the text or follows a decimal.
        rf"|in{end}(?=\s*(?:[x\u00d7]\s*\.?\d|by\s*\.?\d|$|[,;)\]]))"
        rf"|(?<=\d[.,/]\d+\s?-?\s?)in{end})"
        rf"|-?in{end})\.?"
    )


@cache
def _patterns(decimal_comma: bool) -> tuple["regex.Pattern[str]", "regex.Pattern[str]"]:
    """Return the patterns of an expression and of one item in it."""
    group, point = ("[.\u00a0\u202f]", ",") if decimal_comma else (",", r"\.")
    number = (
        rf"(?:\d{{1,3}}(?:{group}\d{{3}}){{1,5}}(?!\d)(?:{point}\d{{1,9}})?"
        rf"|\d{{1,{MAX_DIGITS}}}(?:{point}|\.)\d{{1,9}}|\d{{1,{MAX_DIGITS}}}|(?<!\d)\.\d{{1,9}})"
    )
    fraction = rf"(?:(?:\d+[\s-])?\d{{1,2}}/(?:{_DENOMINATORS})(?!\d|/)|\d*\s?[{_FRACTIONS}])"
    item = rf"(?P<number>{fraction}|{number})(?P<unit>{_unit_pattern()})?"
    side = r"(?:\s?(?:wide|high|long|deep|[wdhl])(?![\p{L}\p{N}])\.?)?"
    start = r"(?<![\p{L}\p{M}\p{N}_])(?<![\p{L}\p{N}][-._])(?<!\d[/,])"
    end = r"(?![\p{L}\p{M}\p{N}_])(?![-.]\d)(?!(?<=\d)/\d)(?!-\p{L})"
    times = r"\s*(?:[x\u00d7*]|by(?=\s|\d))\s*"
    named = regex.sub(r"\?P<\w+>", "?:", item)
    expression = rf"{start}{named}(?:(?:{side}{times}{named}){{1,{MAX_SIDES - 1}}}{side})?{end}"
    return _compiled(expression), _compiled(item)


def _compiled(pattern: str) -> "regex.Pattern[str]":
    units = sorted(set(UNITS) - AMBIGUOUS)
    return regex.compile(pattern.replace(r"\d", _DIGIT), regex.IGNORECASE, units=units)


def expressions(text: str, *, decimal_comma: bool = False) -> Iterator[Placed]:
    """Yield the place of each number, quantity and dimensions in `text`, with a token without one."""
    expression, _ = _patterns(decimal_comma)
    end = 0
    for digits in (_ASCII_STARTS if text.isascii() else _STARTS).finditer(text):
        start = digits.start()
        if start < end or text[start - 1 : start].isalnum():
            continue
        if text[start - 1 : start] == "." and start - 1 >= end:
            start -= 1
        if text[start - 1 : start] in _BEFORE_ALONE:
            if (found := _QUANTITY.match(text, start)) and _is_unit(found[1]) and not _continues(found[2]):
                end = found.end(1)
                yield start, end, _expression(text[start:end], decimal_comma)
                continue
            if (alone := _ALONE.match(text, start)) and not _continues(alone[2]):
                end = alone.end(1)
                yield start, end, _number(alone[1])
                continue
        if (attached := _ATTACHED.match(text, start)) and not _continues(attached[1]):
            continue
        if not (match := expression.match(text, start)):
            continue
        end = match.end()
        marked = not _closes_a_quotation(text, match)
        yield start, end, _expression(match.group(), decimal_comma, marked)


def measure_of(text: str, *, decimal_comma: bool = False) -> Measure | None:
    """Return the number or quantity that is the whole text; None for any other text."""
    _, item = _patterns(decimal_comma)
    match = item.fullmatch(text.strip())
    return None if match is None else _measure(match, decimal_comma=decimal_comma)


def _continues(word: str | None) -> bool:
    return word is not None and word.lower() in _CONTINUATIONS


def _is_unit(word: str) -> bool:
    name = word.lower()
    return name in UNITS and name not in AMBIGUOUS


@lru_cache(CACHED_EXPRESSIONS)
def _expression(written: str, decimal_comma: bool, marked: bool = True) -> Token:
    """Return the token of an expression; unless `marked`, the mark at its end is not a unit."""
    _, item = _patterns(decimal_comma)
    found = [_measure(each, decimal_comma=decimal_comma) for each in item.finditer(written)]
    if not marked:
        found[-1] = Measure(found[-1].written, found[-1].value)
    return _token(found)


def _token(found: list[Measure]) -> Token:
    if len(found) > 1:
        return _dimensions(found)
    (measure,) = found
    form = measure.form
    if not measure.unit:
        return _number(form)
    return Token(f"{form}{measure.unit}", measure.term, 0, 0, TokenKind.QUANTITY, (form,))


@lru_cache(CACHED_EXPRESSIONS)
def _number(form: str) -> Token:
    is_code = len(form) >= CODE_DIGITS and form.isdecimal()
    return Token(form, form, 0, 0, TokenKind.CODE if is_code else TokenKind.NUMBER)


def _dimensions(found: list[Measure]) -> Token:
    """Return one token for "2 in. x 4 in. x 8 ft.".

    Its term has the numbers alone, because shoppers leave out the units; products have a term for every run
    of adjacent sides, because shoppers leave out sides.
    """
    numbers = [each.form for each in found]
    runs = [
        numbers[first:last]
        for first in range(len(numbers))
        for last in range(first + 2, len(numbers) + 1)
        if last - first < len(numbers)
    ]
    sides = [part for each in found for part in each.terms]
    shorter = [f"{OPAQUE}x{'x'.join(run)}" for run in runs]
    form = "x".join(numbers)
    return Token(form, f"{OPAQUE}x{form}", 0, 0, TokenKind.QUANTITY, (*sides, *shorter))


def _closes_a_quotation(text: str, match: Match) -> bool:
    """Return whether the inch or foot mark at the end is a quotation mark: "iphone 6" in quotes."""
    last = match.group().rstrip(".")[-1:]
    if last not in ('"', "'", "\u201d", "\u2019"):
        return False
    opening = {"\u201d": "\u201c", "\u2019": "\u2018"}.get(last, last)
    before = text[max(0, match.start() - QUOTATION) : match.start()]
    return re.search(rf"(?:^|[\s(]){opening}(?=\S|$)", before) is not None


def _measure(match: Match, *, decimal_comma: bool) -> Measure:
    written, unit = match.group("number"), match.group("unit") or ""
    return Measure(*_value(written, decimal_comma=decimal_comma), _unit(unit))


def _unit(written: str) -> str:
    name = regex.sub(r"[\s.-]", "", written).lower()
    if name in INCH_MARKS or name == "in":
        return "inch"
    return "foot" if name in FOOT_MARKS else name


def _value(written: str, *, decimal_comma: bool) -> tuple[str, Decimal | None]:
    """Return the digits of a whole number, or the value of any other."""
    if written.isdecimal():
        return "".join(str(decimal(each)) for each in written), None
    if "/" in written:
        return written, _fraction(written)
    if not written[-1].isdecimal():
        whole = written[:-1].strip()
        return written, Decimal(whole or 0) + Decimal(str(round(numeric(written[-1]), 6)))
    group, point = (".", ",") if decimal_comma else (",", ".")
    grouped = regex.sub(r"[\s\u00a0\u202f]", "", written)
    # "0,500" is a fraction; with another separator, it is grouped whatever its first digit is.
    is_fraction = grouped[0] == "0" and grouped.count(group) + grouped.count(point) == 1
    if not is_fraction and regex.fullmatch(rf"\d{{1,3}}(?:[{group}]\d{{3}})+(?:[{point}]\d+)?", grouped):
        grouped = grouped.replace(group, "")
    return written, Decimal(grouped.replace(",", "."))


def _fraction(written: str) -> Decimal:
    *whole, fraction = regex.split(r"[\s-]", written)
    numerator, denominator = map(int, fraction.split("/"))
    return Decimal(whole[0] if whole else 0) + round(Decimal(numerator) / Decimal(denominator), 6)
