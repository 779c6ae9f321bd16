"""The lines of an address on an envelope."""

import pytest

from backend.addresses.postal import lines_of

STREET = {"street": "123 Main St", "street2": "Apt. 4"}


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (
            {"city": "New York", "state": "NY", "postal_code": "10001", "country": "US"},
            ["New York, NY 10001", "United States"],
        ),
        ({"city": "Köln", "postal_code": "50667", "country": "DE"}, ["50667 Köln", "Germany"]),
        (
            {"city": "London", "postal_code": "SW1A 1AA", "country": "United Kingdom"},
            ["London", "SW1A 1AA", "United Kingdom"],
        ),
        # The country's format for mail from abroad has no city.
        (
            {"city": "千代田区", "state": "東京都", "postal_code": "100-0001", "country": "JP"},
            ["千代田区", "東京都", "100-0001", "Japan"],
        ),
        (
            {"city": "Central", "state": "Hong Kong Island", "country": "HK"},
            ["Central", "Hong Kong Island", "Hong Kong"],
        ),
        ({"city": "Nowhere", "country": "Atlantis"}, ["Nowhere", "Atlantis"]),
        ({"country": "USA"}, ["United States"]),
        ({}, []),
    ],
)
def test_parts_are_in_the_order_of_the_country_and_none_is_left_out(
    address: dict[str, str], lines: list[str]
) -> None:
    assert lines_of({**STREET, **address}) == ["123 Main St", "Apt. 4", *lines]
