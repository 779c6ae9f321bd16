"""What a value of a file may be: the bounds of what the database and the reports can hold."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from backend.api import money
from backend.importing.errors import InvalidValue

LONGEST_REFERENCE = 64
HIGHEST_PRICE = Decimal("9999999999.99")
"""Of a unit, and of all units of a line together: an order's total holds a hundred such lines."""
MOST_UNITS = 1_000_000
"""In one line; popularity adds them up."""
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2149, 6, 4, tzinfo=UTC)
"""What a day of a report can be: two bytes of days since 1970, with a day to spare for other time zones."""

BAD_CURRENCY = "currency must be the code of an ISO 4217 currency, such as EUR"
NOT_A_PRICE = f"must be a number like 12.50, from 0 to {HIGHEST_PRICE:,}"


def number(text: str, *, highest: Decimal, places: int, fault: str) -> Decimal:
    """Return the number from 0 to `highest` that `text` is.

    Raises:
        InvalidValue: it is no such number, or has more decimal places than `places`.
    """
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise InvalidValue(fault) from error
    if not value.is_finite() or not 0 <= value <= highest or value != round(value, places):
        raise InvalidValue(fault)
    return value


def currency_code(text: str) -> str:
    """Return `text` if it is the code of a currency.

    Raises:
        InvalidValue: it is not.
    """
    if text not in money.EXPONENTS:
        raise InvalidValue(BAD_CURRENCY)
    return text


def price(text: str, *, column: str, currency: str) -> Decimal:
    """Return the price in `currency` that `text` is.

    Raises:
        InvalidValue: it is no number from 0 to HIGHEST_PRICE, or has more decimal places than the currency.
    """
    fault = f"{column} {NOT_A_PRICE}"
    amount = number(text, highest=HIGHEST_PRICE, places=money.MAX_EXPONENT, fault=fault)
    if not money.is_precise(amount, currency=currency):
        raise InvalidValue(f"{column}: {money.precision_message(currency)}")
    return amount
