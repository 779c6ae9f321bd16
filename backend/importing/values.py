"""The values that a file may have: what the database and the reports can hold."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from backend.api import money
from backend.importing.errors import InvalidValue

LONGEST_REFERENCE = 64
HIGHEST_PRICE = Decimal("9999999999.99")
"""Of a unit, and of all units of a line together; an order's total can hold a hundred such lines."""
MOST_UNITS = 1_000_000
"""In one line; the popularity of a product is a sum of them."""
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2149, 6, 4, tzinfo=UTC)
"""The days of a report are two bytes of days since 1970; one day is left for other time zones."""

BAD_CURRENCY = "currency must be the code of an ISO 4217 currency, such as EUR"
NOT_A_PRICE = f"must be a number like 12.50, from 0 to {HIGHEST_PRICE:,}"


def number(text: str, *, highest: Decimal, places: int, fault: str) -> Decimal:
    """Return the number from 0 to `highest` that `text` is.

    Raises:
        InvalidValue: it is not such a number, or has more decimal places than `places`.
    """
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise InvalidValue(fault) from error
    if not value.is_finite() or not 0 <= value <= highest or value != round(value, places):
        raise InvalidValue(fault)
    return value


def point_in_time(text: str, *, fault: str) -> datetime:
    """Return the time in UTC that `text` is in ISO 8601, itself in UTC if it has no offset.

    Raises:
        InvalidValue: it is not a time, or not from EARLIEST to LATEST.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidValue(fault) from error
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    if not EARLIEST <= at <= LATEST:
        raise InvalidValue(fault)
    return at.astimezone(UTC)


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
        InvalidValue: it is not a number from 0 to HIGHEST_PRICE, or has too many decimal places.
    """
    fault = f"{column} {NOT_A_PRICE}"
    amount = number(text, highest=HIGHEST_PRICE, places=money.MAX_EXPONENT, fault=fault)
    if not money.is_precise(amount, currency=currency):
        raise InvalidValue(f"{column}: {money.precision_message(currency)}")
    return amount
