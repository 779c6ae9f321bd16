"""Attributes whose values are numbers ("0.5 kg", '15.6"', "12"), for limits and ranges.

A range is the set of the attribute's values within it, so that one variant satisfies it together with other
attributes, the price and the stock, without further fields. An attribute has far fewer values than products.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

from indexing.analysis.numbers import measure_of
from indexing.analysis.units import converted
from indexing.mapping import key, parts_of
from indexing.ranges import GRID, Limits, cell_of, chosen

MAX_NUMERIC = 10
"""Attributes of which ranges are counted."""
_MINUS = "-\u2212\u2013"


@dataclass(frozen=True, slots=True)
class NumericAttribute:
    """An attribute that is shown and limited in ranges."""

    name: str
    unit: str = ""
    """In which numbers are shown (see `indexing.analysis.units`), and which those without a unit have."""

    @property
    def name_key(self) -> str:
        """The name as it is compared."""
        return key(self.name)


@dataclass(frozen=True, slots=True)
class NumberLimits:
    """The lowest and the highest number of an attribute, inclusive; None is an open end."""

    unit: str
    lowest: Decimal | None = None
    highest: Decimal | None = None
    values: frozenset[str] | None = field(default=None, compare=False)
    """The `attributes.attribute_key`s of the values within them; None until an engine has looked them up."""

    def within(self, keys: Iterable[str], *, decimal_comma: bool) -> frozenset[str]:
        """Return those of an attribute's keys whose values are within the limits."""
        numbers = numbers_of(keys, unit=self.unit, decimal_comma=decimal_comma)
        return frozenset(
            each
            for each, number in numbers.items()
            if (self.lowest is None or number >= self.lowest)
            and (self.highest is None or number <= self.highest)
        )


@dataclass(frozen=True, slots=True)
class NumberRange:
    """A range, and the keys of the attribute values in it."""

    limits: Limits
    keys: frozenset[str]


def looked_up(
    limits: Mapping[str, NumberLimits],
    keys_of: Callable[[str], Iterable[str]],
    *,
    decimal_comma: bool,
) -> dict[str, NumberLimits]:
    """Return `limits` with the values within them; `keys_of` returns the keys of an attribute."""
    return {
        name: replace(each, values=each.within(keys_of(key(name)), decimal_comma=decimal_comma))
        if each.values is None
        else each
        for name, each in limits.items()
    }


def ranges_of(
    attribute: NumericAttribute, counts: Mapping[str, int], *, decimal_comma: bool
) -> tuple[NumberRange, ...]:
    """Return ranges for the numbers of products by attribute key, with about equally many in each.

    Values that are no number, or have a unit of another dimension, are in none.
    """
    numbers = numbers_of(counts, unit=attribute.unit, decimal_comma=decimal_comma)
    cells = [0] * (len(GRID) + 1)
    for each, number in numbers.items():
        cells[cell_of(number)] += counts[each]
    return tuple(
        NumberRange(limits, frozenset(each for each, number in numbers.items() if _is_in(number, limits)))
        for limits in chosen(cells)
    )


def _is_in(number: Decimal, limits: Limits) -> bool:
    low, high = limits
    return (low is None or number >= low) and (high is None or number < high)


def numbers_of(keys: Iterable[str], *, unit: str, decimal_comma: bool) -> dict[str, Decimal]:
    """Return the numbers of the values that are numbers, in `unit`, by attribute key."""
    found = {each: number_in(parts_of(each)[1], unit, decimal_comma) for each in keys}
    return {each: number for each, number in found.items() if number is not None}


@lru_cache(maxsize=50_000)
def number_in(text: str, unit: str, decimal_comma: bool = False) -> Decimal | None:
    """Return the number that is the whole text, in `unit`; None if it is none, or has another dimension."""
    is_negative = text[:1] in tuple(_MINUS)
    measure = measure_of(text[is_negative:], decimal_comma=decimal_comma)
    if measure is None:
        return None
    number = Decimal(measure.written) if measure.value is None else measure.value
    if measure.unit and measure.unit != unit:
        shown = converted(number, measure.unit, unit) if unit else None
        if shown is None:
            return None
        number = shown
    return -number if is_negative else number


def numeric_attributes(listed: str) -> tuple[NumericAttribute, ...]:
    """Return the attributes in a list such as "weight:kg,screen size:inch,pieces".

    Raises:
        ValueError: a unit is unknown, or there are too many attributes.
    """
    found = {each.name_key: each for each in map(_declared, filter(str.strip, listed.split(",")))}
    if len(found) > MAX_NUMERIC or "" in found:
        raise ValueError(listed)
    return tuple(found.values())


def _declared(text: str) -> NumericAttribute:
    name, _, unit = text.rpartition(":") if ":" in text else (text, "", "")
    if not unit.strip():
        return NumericAttribute(name.strip())
    measure = measure_of(f"1 {unit.strip()}")
    if measure is None or not measure.unit:
        raise ValueError(text)
    return NumericAttribute(name.strip(), measure.unit)
