"""The parameters that filter by attributes: their values, and limits of those with numbers."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework.request import Request

from backend.api.errors import InvalidInput
from indexing.filters import FILTERS, FilterKind
from indexing.mapping import key
from indexing.numeric import NumberLimits
from indexing.request import MAX_ATTRIBUTE_FILTERS

MAX_VALUES = 20
MAX_VALUE_LENGTH = 200

ATTRIBUTE_PREFIX = next(each.parameter for each in FILTERS if each.kind is FilterKind.ATTRIBUTES)
LOWEST, HIGHEST = ".min", ".max"
"""The ends of the parameters for the limits of an attribute."""
ATTRIBUTE_PARAMETERS = {
    "name": "attributes",
    "in": "query",
    "description": "Attributes of a variant: `attr.size=M&attr.size=L&attr.colour=copper` finds products "
    "with a copper variant in size M or L. Attributes that the shop shows in ranges have limits too, in the "
    "unit of their facet, both inclusive: `attr.weight.min=0.5&attr.weight.max=2`.",
    "style": "form",
    "explode": True,
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {
            rf"^{re.escape(ATTRIBUTE_PREFIX)}.+$": {"type": "string", "minLength": 1, "maxLength": 200}
        },
        "example": {"attr.colour": "copper"},
    },
}
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


def units() -> dict[str, str]:
    """Return the unit of each attribute that is shown in ranges, by the key of its name."""
    return {each.name_key: each.unit for each in settings.SEARCH_RANGES}


def is_limit(name: str, known: Mapping[str, str]) -> bool:
    """Return whether a parameter, without its prefix, is a limit of an attribute in `known` units."""
    return name.endswith((LOWEST, HIGHEST)) and key(name[:-4]) in known


def attribute_filters(request: Request) -> dict[str, Any]:
    """Return the filters on attributes that `request` has, by the names of `Filters`.

    Raises:
        InvalidInput: a parameter isn't valid.
    """
    given = {
        name.removeprefix(ATTRIBUTE_PREFIX): tuple(dict.fromkeys(values))
        for name, values in request.query_params.lists()
        if name.startswith(ATTRIBUTE_PREFIX)
    }
    known = units()
    limiting = {name for name in given if is_limit(name, known)}
    faults = {
        f"{ATTRIBUTE_PREFIX}{name}": fault
        for name, values in given.items()
        if (fault := _limit_fault(values) if name in limiting else _fault(name, values)) is not None
    }
    if len({name[:-4] if name in limiting else name for name in given}) > MAX_ATTRIBUTE_FILTERS:
        faults[ATTRIBUTE_PREFIX] = f"At most {MAX_ATTRIBUTE_FILTERS} attributes can be filtered by."
    if faults:
        raise InvalidInput(**faults)
    values = {name: each for name, each in given.items() if name not in limiting}
    limits = _limits({name: given[name][0] for name in given if name in limiting}, known)
    return {"attributes": values, "attribute_limits": limits}


def _limits(given: Mapping[str, str], known: Mapping[str, str]) -> dict[str, NumberLimits]:
    found: dict[str, NumberLimits] = {}
    for name, number in given.items():
        # Names are compared without case, so that one of them is enough.
        attribute = next((each for each in found if key(each) == key(name[:-4])), name[:-4])
        limits = found.get(attribute) or NumberLimits(known[key(attribute)])
        if name.endswith(LOWEST):
            found[attribute] = replace(limits, lowest=Decimal(number))
        else:
            found[attribute] = replace(limits, highest=Decimal(number))
    for name, each in found.items():
        if each.lowest is not None and each.highest is not None and each.lowest > each.highest:
            lowest = f"{ATTRIBUTE_PREFIX}{name}.min"
            raise InvalidInput(**{lowest: f"Must not be above {ATTRIBUTE_PREFIX}{name}.max."})
    return found


def _limit_fault(values: tuple[str, ...]) -> str | None:
    if len(values) > 1 or not _NUMBER.fullmatch(values[0]):
        return "Must be one number, such as 0.5, without a unit."
    return None


def _fault(name: str, values: tuple[str, ...]) -> str | None:
    if not name:
        return "Add the attribute's name, as in attr.size=M."
    if not all(values):
        return "Must not be empty."
    if any("\0" in each for each in (name, *values)):
        return "Null characters are not allowed."
    if len(values) > MAX_VALUES or max(map(len, (name, *values))) > MAX_VALUE_LENGTH:
        return f"At most {MAX_VALUES} values of at most {MAX_VALUE_LENGTH} characters."
    return None
