"""Validates and normalises postal addresses by the rules of their country.

docs/decisions/tax-and-shipping.md says which rules are applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.accounts.errors import InvalidPhone
from backend.accounts.phones import normalise_phone
from backend.addresses.countries import country_code
from backend.addresses.errors import InvalidAddress
from backend.addresses.rules import CountryRules, State, rules_of
from backend.addresses.vat import normalise_vat_number

FIELDS = (
    "name",
    "company",
    "street",
    "street2",
    "city",
    "state",
    "postal_code",
    "country",
    "phone",
    "vat_number",
)


@dataclass(frozen=True, slots=True)
class Destination:
    """The place that taxes and shipping depend on; `state` is the key of a state, or empty."""

    country: str
    state: str = ""


def destination_of(address: Mapping[str, str]) -> Destination:
    """Return the destination of an address; of one that isn't normalised, as well as it is known."""
    country = country_code(address.get("country", "")) or ""
    return Destination(country=country, state=address.get("state", ""))


def normalised(address: Mapping[str, str]) -> dict[str, str]:
    """Return the address without empty fields, with the code of its country, and codes in upper case.

    A state that is missing is derived from the postal code, if it belongs to one state only.

    Raises:
        InvalidAddress: a field is missing or invalid in that country.
    """
    given = {name: text.strip() for name, text in address.items() if text.strip()}
    country = country_code(given.get("country", ""))
    if country is None:
        message = "Must be a country: an ISO 3166 code, such as US, or an English name."
        raise InvalidAddress({"country": message})
    checked = _Checked(given | {"country": country}, rules=rules_of(country))
    checked.check()
    if checked.faults:
        raise InvalidAddress(checked.faults)
    return checked.values


class _Checked:
    """An address while it is checked; `faults` has a message for each invalid field."""

    def __init__(self, values: dict[str, str], *, rules: CountryRules) -> None:
        self.values = values
        self.rules = rules
        self.faults: dict[str, str] = {}

    def check(self) -> None:
        """Check and normalise every field."""
        self._check_postal_code()
        self._check_state()
        self._check_required()
        self._check_phone()
        self._check_vat_number()

    def _check_postal_code(self) -> None:
        code = self.values.get("postal_code", "").upper()
        if not code:
            return
        self.values["postal_code"] = code
        rules = self.rules
        if not rules.has_postal_codes:
            message = f"Addresses in {rules.country_name} have no postal code; leave it out."
            self.faults["postal_code"] = message
        elif rules.postal_codes is not None and not rules.postal_codes.fullmatch(code):
            example = f", such as {rules.postal_code_example}" if rules.postal_code_example else ""
            message = f"Must be a {rules.postal_code_type} of {rules.country_name}{example}."
            self.faults["postal_code"] = message

    def _check_state(self) -> None:
        text, rules = self.values.get("state", ""), self.rules
        code = "" if "postal_code" in self.faults else self.values.get("postal_code", "")
        if not rules.states:
            return
        if not text:
            state = rules.state_at(code) if code else None
            if state is not None:
                self.values["state"] = state.key
            return
        state = rules.state(text)
        if state is not None:
            self.values["state"] = state.key
            self._check_postal_code_of(state, code=code)
        elif "state" in rules.required:
            self.faults["state"] = f"Must be a {rules.state_type} of {rules.country_name}{_listed(rules)}."

    def _check_postal_code_of(self, state: State, *, code: str) -> None:
        if code and state.postal_codes is not None and not state.postal_codes.match(code):
            other = self.rules.state_at(code)
            belongs = f"; it belongs to {other.key}" if other else ""
            message = f"Is not a {self.rules.postal_code_type} of {state.key}{belongs}."
            self.faults["postal_code"] = message

    def _check_required(self) -> None:
        rules = self.rules
        for name in ("street", *sorted(rules.required)):
            if name in self.values or name in self.faults:
                continue
            what = f"{rules.state_type}{_listed(rules)}" if name == "state" else name.replace("_", " ")
            self.faults[name] = f"An address in {rules.country_name} needs a {what}."

    def _check_phone(self) -> None:
        if "phone" not in self.values:
            return
        try:
            self.values["phone"] = normalise_phone(self.values["phone"], region=self.rules.country)
        except InvalidPhone as error:
            self.faults["phone"] = str(error)

    def _check_vat_number(self) -> None:
        if "vat_number" not in self.values:
            return
        number = normalise_vat_number(self.values["vat_number"], country=self.rules.country)
        if number is None:
            self.faults["vat_number"] = f"Has not the format of a VAT number of {self.rules.country_name}."
        else:
            self.values["vat_number"] = number


def _listed(rules: CountryRules) -> str:
    return ": " + ", ".join(state.key for state in rules.states) if rules.states else ""
