"""The shape of selections and tiers as they are stored, for callers that don't use the API's serializers."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from backend.api.errors import InvalidInput

MAX_DIGITS = 16
MAX_PLACES = 4
ID_LISTS = ("products", "variants", "categories", "sellers")


def require_shape(selections: Mapping[str, Any], *, tiers: Any) -> None:
    """Check that selections are lists of ids and brands, and tiers pairs of positive numbers.

    Raises:
        InvalidInput: they are not; names the field.
    """
    faults = {name: fault for name, value in selections.items() if (fault := _fault_of_selection(value))}
    if not isinstance(tiers, list) or not all(_is_tier(tier) for tier in tiers):
        faults["tiers"] = 'Must be pairs of positive numbers as text, such as [["3", "10"]].'
    if faults:
        raise InvalidInput(**faults)


def _fault_of_selection(value: Any) -> str:
    if not isinstance(value, dict):
        return "Must be an object of lists."
    for name, entries in value.items():
        of_ids = name in ID_LISTS
        if not of_ids and name != "brands":
            return f"Unknown: {name}. Possible: {', '.join((*ID_LISTS, 'brands'))}."
        wanted = int if of_ids else str
        if not isinstance(entries, list) or not all(type(entry) is wanted for entry in entries):
            return f"{name}: must be a list of {'ids' if of_ids else 'names'}."
    return ""


def _is_tier(tier: Any) -> bool:
    if not isinstance(tier, list) or len(tier) != 2 or not all(isinstance(each, str) for each in tier):
        return False
    try:
        return all(_is_amount(Decimal(each)) for each in tier)
    except InvalidOperation:
        return False


def _is_amount(number: Decimal) -> bool:
    """Return whether the number is positive, and fits the columns of amounts."""
    if not number.is_finite() or number <= 0:
        return False
    exponent = number.as_tuple().exponent
    return exponent >= -MAX_PLACES and number.adjusted() < MAX_DIGITS - MAX_PLACES  # type: ignore[operator]
