"""Addresses are validated by the rules of their country."""

import pytest

from backend.addresses.countries import country_code, country_names
from backend.addresses.errors import InvalidAddress
from backend.addresses.rules import rules_of
from backend.addresses.validation import normalised
from backend.addresses.vat import normalise_vat_number

NEW_YORK = {
    "street": "123 Main St",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "country": "US",
}


def faults_of(**fields: str) -> dict[str, str]:
    with pytest.raises(InvalidAddress) as caught:
        normalised({**NEW_YORK, **fields})
    return caught.value.faults


@pytest.mark.parametrize(
    "country", ["US", "us", "USA", "United States", "U.S.A.", "united states of america"]
)
def test_a_country_is_given_by_a_code_or_a_name(country: str) -> None:
    assert normalised({**NEW_YORK, "country": country}) == NEW_YORK


def test_every_country_has_rules() -> None:
    assert {rules_of(code).country_name for code in country_names()} == set(country_names().values())
    assert len(country_names()) == 250


@pytest.mark.parametrize("name", ["Côte d'Ivoire", "cote d ivoire", "CIV", "Ivory Coast"])
def test_accents_and_punctuation_of_a_country_do_not_matter(name: str) -> None:
    assert country_code(name) == "CI"


@pytest.mark.parametrize(
    ("address", "changed"),
    [
        ({"state": "new york"}, {}),
        ({"state": ""}, {}),
        ({"postal_code": "10001-1234"}, {"postal_code": "10001-1234"}),
        ({"phone": "(212) 555-0100"}, {"phone": "+12125550100"}),
        ({"street2": " Apt. 4 "}, {"street2": "Apt. 4"}),
        ({"company": "", "name": "Ada King"}, {"name": "Ada King"}),
    ],
)
def test_fields_are_normalised(address: dict[str, str], changed: dict[str, str]) -> None:
    assert normalised({**NEW_YORK, **address}) == {**NEW_YORK, **changed}


@pytest.mark.parametrize(
    "address",
    [
        {"street": "1 Queen's Road", "city": "Central", "state": "Hong Kong Island", "country": "HK"},
        {"street": "Unter den Linden 1", "city": "Berlin", "postal_code": "10117", "country": "DE"},
        {"street": "10 Downing Street", "city": "London", "postal_code": "SW1A 2AA", "country": "GB"},
        {"street": "1 Raffles Place", "postal_code": "048616", "country": "SG"},
        {"street": "1 Rue de Rivoli", "city": "Paris", "postal_code": "75001", "country": "FR"},
        {"street": "1 O'Connell Street", "city": "Dublin", "state": "Dublin", "country": "IE"},
    ],
)
def test_an_address_by_the_rules_of_its_country_is_accepted_as_it_is(address: dict[str, str]) -> None:
    assert normalised(address) == address


def test_the_codes_of_postal_codes_are_upper_case() -> None:
    address = {"street": "10 Downing Street", "city": "London", "postal_code": "sw1a 2aa", "country": "UK"}
    assert normalised(address) == {**address, "postal_code": "SW1A 2AA", "country": "GB"}


@pytest.mark.parametrize(
    ("wrong", "field", "hint"),
    [
        ({"country": "Atlantis"}, "country", "ISO 3166"),
        ({"country": ""}, "country", "ISO 3166"),
        ({"postal_code": "ABCDE"}, "postal_code", "such as 95014"),
        ({"postal_code": "10001; DROP"}, "postal_code", "such as 95014"),
        ({"postal_code": "\u0661\u0660\u0660\u0660\u0661"}, "postal_code", "such as 95014"),
        ({"postal_code": ""}, "postal_code", "needs a postal code"),
        ({"postal_code": "90210"}, "postal_code", "belongs to CA"),
        ({"state": "Bavaria"}, "state", "NJ, NM, NY"),
        ({"state": "", "postal_code": ""}, "state", "NJ, NM, NY"),
        ({"city": " "}, "city", "needs a city"),
        ({"street": ""}, "street", "needs a street"),
        ({"phone": "call me"}, "phone", "country code"),
        ({"country": "HK", "state": "Kowloon"}, "postal_code", "leave it out"),
        ({"country": "DE", "vat_number": "DE12"}, "vat_number", "Germany"),
    ],
)
def test_an_error_names_the_field_and_the_way_out(wrong: dict[str, str], field: str, hint: str) -> None:
    assert hint in faults_of(**wrong)[field]


def test_all_faults_are_reported_at_once() -> None:
    assert set(faults_of(city="", postal_code="ABCDE", phone="?")) == {"city", "postal_code", "phone"}


@pytest.mark.parametrize(
    ("number", "country", "stored"),
    [
        ("DE 123 456 789", "DE", "DE123456789"),
        ("123456789", "DE", "DE123456789"),
        ("CHE-123.456.789 MWST", "CH", "CHE123456789MWST"),
        ("EL123456789", "GR", "EL123456789"),
        ("NL123456789B01", "DE", "NL123456789B01"),
        ("DE123456789", "US", "DE123456789"),
        ("12-3456789", "US", "123456789"),
        ("DE12345678", "DE", None),
        ("?", "US", None),
        ("XX123456789012", "DE", None),
    ],
)
def test_a_vat_number_has_the_format_of_its_country(number: str, country: str, stored: str | None) -> None:
    assert normalise_vat_number(number, country=country) == stored
