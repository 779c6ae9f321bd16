"""SKUs, barcodes and model numbers in one canonical form: without case, spaces and separators."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import regex

from indexing.analysis.folding import folded, lowered
from indexing.analysis.tokens import Token, TokenKind

MAX_CODE = 100
CACHED_NAMES = 4_096
"""Names of attributes of which a process remembers whether they are codes."""
MIN_PART = 4
"""Characters of a part of a code; shorter ones begin too many codes to be useful."""
MAX_PARTS = 6
MIN_MODEL_NUMBER = 5
"""Characters of a word of a title that is a model number; shorter ones are sizes and generations."""
MIN_MODEL_DIGITS = 3
"""Digits of a model number, unless all its letters are capitals and it is long: "1000xm4", "B0BRKXTSBT"."""
LONG = 8

CODE_ATTRIBUTES = frozenset(
    "asin barcode ean gtin isbn itemcode itemnumber jan manufacturerpartnumber model modelname modelno "  # noqa: SIM905
    "modelnumber mpn partno partnumber productcode sku styleno stylecode stylenumber upc".split()
)
"""Attributes whose values are codes, by canonical name."""

_RUN = regex.compile(r"\p{N}+|[\p{L}\p{M}]+")
_ASCII_RUN = re.compile(r"[0-9]+|[a-z]+")
"""The same for texts of ASCII characters in lower case; most codes are."""


def canonical(text: str) -> str:
    """Return the letters and digits of a code: "myn10017413" for "MYN-10017413"."""
    return joined(runs(text))


def joined(code: Sequence[str]) -> str:
    """Return the canonical form of a code of these runs."""
    return "".join(code)[:MAX_CODE]


@lru_cache(CACHED_NAMES)
def is_code_attribute(name: str) -> bool:
    """Return whether the values of an attribute are codes."""
    return canonical(name) in CODE_ATTRIBUTES


def has_digit(text: str) -> bool:
    """Return whether `text` has a digit."""
    return any(map(str.isdecimal, text))


def parts(code: str) -> Iterator[str]:
    """Yield the ends of a code that begin after a separator or between letters and digits.

    With a prefix search, each run of parts is found: "10017413" and "1001" for "MYN-10017413".
    """
    return ends(runs(code))


def ends(code: Sequence[str]) -> Iterator[str]:
    """Yield the parts of a code of these runs."""
    for place in range(1, min(len(code), MAX_PARTS + 1)):
        end = joined(code[place:])
        if len(end) >= MIN_PART and has_digit(end):
            yield end


def runs(code: str) -> list[str]:
    """Return the runs of letters and those of digits, without case and accents."""
    text = folded(lowered(code))
    return (_ASCII_RUN if text.isascii() else _RUN).findall(text)


def may_have_model_number(title: str) -> bool:
    """Return whether one of the words of a title could be a model number: most have no digit, or are short.

    Words of other scripts may be longer in their canonical form.
    """
    return any(
        not word.isalpha() and (len(word) >= MIN_MODEL_NUMBER or not word.isascii()) and has_digit(word)
        for word in title.split(" ")
    )


def is_model_number(token: Token, written: str) -> bool:
    """Return whether a token of a title identifies the product: "WH-1000XM4", but not "iPhone6" or "5G"."""
    if token.kind is not TokenKind.CODE or len(token.form) < MIN_MODEL_NUMBER:
        return False
    digits = sum(map(str.isdecimal, token.form))
    return digits >= MIN_MODEL_DIGITS or (len(token.form) >= LONG and written.isupper())
