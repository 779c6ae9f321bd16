"""Writes addresses as on an envelope, in the order of lines that the country uses."""

import re
from collections.abc import Mapping

from backend.addresses.countries import country_code, country_names
from backend.addresses.rules import rules_of

_PARTS = {"C": "city", "S": "state", "Z": "postal_code"}
_FIELD = re.compile(r"%([A-Z])")
_ANY_ORDER = "%A%n%C%n%S%n%Z"


def lines_of(address: Mapping[str, str]) -> list[str]:
    """Return the lines of an address without the name: the street first and the country last.

    Nothing is left out: what the country's format lacks has a line of its own. An address of an unknown
    country, as imported orders may have, has its parts in a fixed order.
    """
    street = [address[name] for name in ("street", "street2") if address.get(name)]
    code = country_code(address.get("country", ""))
    line_format = _ANY_ORDER if code is None else rules_of(code).line_format
    country = address.get("country", "") if code is None else country_names()[code]
    return [*street, *_lines(address, line_format=line_format), *filter(None, [country])]


def _lines(address: Mapping[str, str], *, line_format: str) -> list[str]:
    parts = {letter: address.get(name, "") for letter, name in _PARTS.items()}
    lines = [_FIELD.sub(lambda field: parts.get(field[1], ""), line) for line in line_format.split("%n")]
    missing = [text for letter, text in parts.items() if f"%{letter}" not in line_format]
    # The separators of absent parts remain: "New York, ".
    return [text for line in (*missing, *lines) if (text := line.strip(" ,-"))]
