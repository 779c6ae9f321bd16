"""Prices in queries: "under 500", "500 to 1000", "below ₹1,500"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from indexing.analysis.units import UNITS
from indexing.understanding.pieces import Piece, starts_with
from indexing.understanding.values import WordEvidence
from indexing.understanding.wording import Phrases, Wording

LEAST_OF_BARE_RANGE = 100
""""500 to 1000" is a price range, "8 to 10" is a size or an age."""

COUNTED = frozenset(
    "in x % ton tons year years yr yrs month months week weeks day days hour hours hrs minute minutes min "  # noqa: SIM905
    "piece pieces pc pcs pack packs count sheets pages people seater star stars percent".split()
)
"""Words after a number that isn't a price, besides units and what titles have after it."""

_SIGNS = {
    "₹": "INR",
    "€": "EUR",
    "£": "GBP",
    "¥": "",
    "$": "",
    "us$": "USD",
    "₽": "RUB",
    "₺": "TRY",
    "₩": "KRW",
}
_SIGN = "|".join(map(re.escape, sorted(_SIGNS, key=len, reverse=True)))
_AMOUNT = re.compile(
    rf"(?P<compared>[<>]=?)?(?P<before>{_SIGN}|rs\.?|inr|usd|eur|gbp)?"
    rf"(?P<number>\d{{1,9}}(?:[.,]\d{{2,3}})*(?:[.,]\d{{1,2}})?)(?P<thousands>k)?(?P<after>{_SIGN}|/-|rs\.?|inr|usd|eur|gbp)?"
)
_DECIMALS = re.compile(r"(.*)[.,](\d{1,2})")
_RANGE = re.compile(r"(.*\d[^-–]*)[-–]([^-–]*\d.*)")
_CURRENCY_BEFORE = re.compile(rf"{_SIGN}|rs\.?|inr|usd|eur|gbp")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a query, and the end of its pieces."""

    value: Decimal
    end: int
    has_currency: bool = False
    currency: str | None = None
    compared: str = ""


@dataclass(frozen=True, slots=True)
class PriceRange:
    """A price in a query: the pieces from `start` to `end` say it."""

    start: int
    end: int
    lowest: Decimal | None
    highest: Decimal | None
    currency: str | None


NO_PRICE = PriceRange(0, 0, None, None, None)


def find_price(found: Sequence[Piece], *, wording: Wording, evidence: WordEvidence) -> PriceRange | None:
    """Return the first price of a query."""
    if not any(character.isdigit() for each in found for character in each.key):
        return None
    prices = _Prices(found, wording, evidence)
    for start in range(len(found)):
        if (price := prices.at(start)) is not None:
            return price
    return None


class _Prices:
    def __init__(self, found: Sequence[Piece], wording: Wording, evidence: WordEvidence) -> None:
        self._found = found
        self._wording = wording
        self._evidence = evidence

    def at(self, start: int) -> PriceRange | None:
        """Return the price that begins with the piece `start`, with the noun before it."""
        for noun in (*self._wording.price_nouns, ()):
            if starts_with(noun, self._found, start):
                place = start + len(noun)
                price = self._range(start, place) or self._limit(start, place)
                if price is not None:
                    return price
        return None

    def _limit(self, start: int, place: int) -> PriceRange | None:
        for phrases, is_most in ((self._wording.at_most, True), (self._wording.at_least, False)):
            for phrase in phrases:
                if starts_with(phrase, self._found, place):
                    amount = self._amount(place + len(phrase))
                    if amount is not None and not self._is_of_title(phrase, place, amount):
                        return _limited(start, amount, is_most=is_most)
        amount = self._amount(place)
        if amount is not None and amount.compared:
            return _limited(start, amount, is_most=amount.compared[0] == "<")
        return None

    def _range(self, start: int, place: int) -> PriceRange | None:
        introduction = self._introduction(self._wording.between, place)
        first_place = place + introduction
        first = self._joined(first_place) or self._separate(first_place)
        if first is None:
            return None
        lowest, highest = first
        is_clear = introduction or start != place or lowest.has_currency or highest.has_currency
        if not is_clear and min(lowest.value, highest.value) < LEAST_OF_BARE_RANGE:
            return None
        values = sorted((lowest.value, highest.value))
        return PriceRange(start, highest.end, values[0], values[1], highest.currency or lowest.currency)

    def _introduction(self, phrases: Phrases, place: int) -> int:
        return next((len(each) for each in phrases if starts_with(each, self._found, place)), 0)

    def _joined(self, place: int) -> tuple[Amount, Amount] | None:
        """Return the amounts of one piece: "500-1000"."""
        parts = _RANGE.fullmatch(self._found[place].key) if place < len(self._found) else None
        if parts is None:
            return None
        first, second = (_amount(part, place + 1) for part in parts.groups())
        return (
            (first, self._with_unit(second)) if first and second and not self._is_measured(second) else None
        )

    def _separate(self, place: int) -> tuple[Amount, Amount] | None:
        """Return the amounts of several pieces: "500 to 1000"."""
        first = self._amount(place)
        if first is None or first.end >= len(self._found):
            return None
        if self._found[first.end].key not in (*self._wording.to, "-", "–"):
            return None
        second = self._amount(first.end + 1)
        return None if second is None else (first, second)

    def _amount(self, place: int) -> Amount | None:
        """Return the amount at `place`, with a currency before or after it, if it isn't another quantity."""
        if place >= len(self._found):
            return None
        before = self._found[place].key
        if _CURRENCY_BEFORE.fullmatch(before) and place + 1 < len(self._found):
            amount = _amount(self._found[place + 1].key, place + 2)
            return amount and replace(amount, has_currency=True, currency=amount.currency or _code(before))
        amount = _amount(before, place + 1)
        if amount is None or self._is_measured(amount):
            return None
        return self._with_unit(amount)

    def _with_unit(self, amount: Amount) -> Amount:
        """Return the amount with the currency in the next piece, if there is one."""
        following = self._found[amount.end].key if amount.end < len(self._found) else ""
        code = self._wording.currencies.get(following.rstrip("."), _SIGNS.get(following))
        if code is None:
            return amount
        return replace(amount, end=amount.end + 1, has_currency=True, currency=code or amount.currency)

    def _is_measured(self, amount: Amount) -> bool:
        """Return whether the next word makes the amount another quantity: "5 kg"."""
        if amount.has_currency or amount.end >= len(self._found):
            return False
        following = self._found[amount.end].key
        if self._evidence.pair(f"{amount.value:f}", following):
            return True
        return following in COUNTED or (following in UNITS and following not in self._wording.currencies)

    def _is_of_title(self, phrase: tuple[str, ...], place: int, amount: Amount) -> bool:
        """Return whether titles have the words: "Air Max 90"."""
        if phrase[0] not in self._wording.unclear or amount.has_currency:
            return False
        before = self._found[place - 1].key if place else ""
        is_known = self._evidence.pair(before, phrase[0]) if before else 0
        return bool(is_known or self._evidence.pair(phrase[-1], f"{amount.value:f}"))


def _limited(start: int, amount: Amount, *, is_most: bool) -> PriceRange:
    lowest, highest = (None, amount.value) if is_most else (amount.value, None)
    return PriceRange(start, amount.end, lowest, highest, amount.currency)


def _amount(text: str, end: int) -> Amount | None:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    value = _number(found["number"])
    if found["thousands"]:
        value *= 1000
    sign = found["before"] or found["after"] or ""
    return Amount(value, end, bool(sign), _code(sign), found["compared"] or "")


def _number(text: str) -> Decimal:
    """Return the number: marks separate thousands, except one before the last one or two digits."""
    found = _DECIMALS.fullmatch(text)
    whole, fraction = (text, None) if found is None else found.groups()
    digits = re.sub(r"\D", "", whole)
    return Decimal(f"{digits}.{fraction}" if fraction else digits)


def _code(sign: str) -> str | None:
    return _SIGNS.get(sign) or {"rs": "INR"}.get(sign.rstrip("."), sign.upper() if sign.isalpha() else None)
