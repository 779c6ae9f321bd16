"""Which tax rate applies."""

from decimal import Decimal

import pytest
from pytest_django import Settings

from backend.addresses.validation import Destination
from backend.taxes.calculation import TableCalculator, Taxable, calculator
from backend.taxes.models import TaxRate

RATES = {
    ("US", "NY", "standard"): Decimal("8.875"),
    ("US", "", "standard"): Decimal(1),
    ("US", "", "books"): Decimal(2),
    ("DE", "", "standard"): Decimal(19),
    ("DE", "", "exempt"): Decimal(0),
}


@pytest.mark.parametrize(
    ("country", "state", "tax_class", "rate"),
    [
        ("US", "NY", "standard", "8.875"),
        ("US", "CA", "standard", "1"),
        ("US", "", "standard", "1"),
        ("US", "NY", "books", "2"),
        ("US", "NY", "toys", "8.875"),
        ("DE", "", "toys", "19"),
        ("DE", "", "exempt", "0"),
        ("FR", "", "standard", "0"),
    ],
)
def test_the_most_specific_rate_applies(country: str, state: str, tax_class: str, rate: str) -> None:
    table = TableCalculator(rates=RATES, rate_without_table=Decimal(50))
    assert table.rate(tax_class, destination=Destination(country, state)) == Decimal(rate)


@pytest.mark.django_db
def test_without_any_rate_the_percentage_in_the_settings_applies_everywhere(settings: Settings) -> None:
    settings.TAX_PERCENTAGE = Decimal(10)
    line, anywhere = Taxable(amount=Decimal(50), tax_class="books"), Destination("FR")
    (tax,) = calculator().taxes([line], destination=anywhere, currency="EUR")
    assert (tax.rate, tax.tax, tax.net) == (Decimal(10), Decimal("5.00"), Decimal(50))
    TaxRate.objects.create(country="DE", tax_class="standard", rate=Decimal(19))
    (tax,) = calculator().taxes([line], destination=anywhere, currency="EUR")
    assert (tax.rate, tax.tax) == (Decimal(0), Decimal(0))


@pytest.mark.django_db
def test_prices_that_include_tax_are_split_into_tax_and_net(settings: Settings) -> None:
    settings.PRICES_INCLUDE_TAX = True
    TaxRate.objects.create(country="DE", tax_class="standard", rate=Decimal(19))
    lines = [Taxable(amount=Decimal("11.90"), tax_class="standard")]
    (tax,) = calculator().taxes(lines, destination=Destination("DE"), currency="EUR")
    assert (tax.tax, tax.net) == (Decimal("1.90"), Decimal("10.00"))
