"""Statistics of past queries: which may be suggested, which are popular and which are trending."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from indexing.suggestions.wording import words

MIN_SHOPPERS = 5
"""Distinct shoppers for whom a query led to something; rarer queries could identify one of them."""
MAX_LENGTH = 60
MAX_WORDS = 7
MAX_LISTED = 20
"""Popular queries, and trending ones."""

MIN_GROWTH = 2.0
"""A trending query is searched for this many times as often as before."""
SMOOTHING = 5.0
"""Shoppers added to both sides of a ratio, so that a query that rose from 1 to 3 isn't trending."""

_NUMBER_DIGITS = 6
"""Digits; longer numbers are phone numbers, postal references or barcodes."""
_NUMBER = re.compile(r"\d[\d\s().,/+-]*")
_ADDRESS = re.compile(r"@|://|\bwww\.|\.(?:com|net|org)\b", re.IGNORECASE)
_ORDER_NUMBER = re.compile(r"(?<![^\W_])(?:[^\W_]{4}[\s-]){2}[^\W_]{4}(?![^\W_])")
_TRACKING_NUMBER = re.compile(r"(?<![^\W_])(?=(?:[^\W\d_]*\d){3})[^\W_]{12,}")


class QueryStatistic(NamedTuple):
    """A query, and what came of it in the time that suggestions look back on."""

    text: str
    shoppers: int
    """Distinct shoppers for whom it led to a click, a cart add or an order."""
    score: float
    """What it led to: clicks, cart adds and orders, weighted."""
    recent: float = 0.0
    """Shoppers who searched for it in the last week."""
    before: float = 0.0
    """Shoppers a week who searched for it in the weeks before."""


def may_be_suggested(text: str) -> bool:
    """Return whether a query could have been typed by anyone: no e-mail address, phone or order number."""
    typed = words(text)
    if not typed or len(text) > MAX_LENGTH or len(typed) > MAX_WORDS or _ADDRESS.search(text):
        return False
    if any(sum(map(str.isdigit, number)) > _NUMBER_DIGITS for number in _NUMBER.findall(text)):
        return False
    return not any(
        _has_digit(code[0]) for code in _ORDER_NUMBER.finditer(text)
    ) and not _TRACKING_NUMBER.search(text)


def popular(queries: Sequence[QueryStatistic]) -> list[QueryStatistic]:
    """Return the queries that led to the most, best first."""
    return sorted(queries, key=lambda each: (-each.score, each.text))[:MAX_LISTED]


def trending(queries: Sequence[QueryStatistic]) -> list[QueryStatistic]:
    """Return the queries whose number of shoppers grows fastest, compared with their own past.

    The growth of all queries together is left out, so that a busy week isn't a trend.
    """
    overall = _ratio(sum(each.recent for each in queries), sum(each.before for each in queries))
    growths = [(_ratio(each.recent, each.before * overall), each) for each in queries]
    found = sorted((-growth, each.text, each) for growth, each in growths if growth >= MIN_GROWTH)
    return [each for _, _, each in found[:MAX_LISTED]]


def _ratio(recent: float, before: float) -> float:
    """Return the growth, drawn towards 1 if there are few shoppers."""
    return (recent + SMOOTHING) / (before + SMOOTHING)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
