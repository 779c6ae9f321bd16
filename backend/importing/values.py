"""Parses values, and refuses those that the database or the reports can't represent."""

from datetime import UTC, datetime
from decimal import Decimal

from backend.api import money
from backend.api.numbers import is_number
from backend.importing.errors import InvalidValue

LONGEST_REFERENCE = 64
HIGHEST_PRICE = Decimal("9999999999.99")
"""The maximum for one unit and for a line; the total of an order has room for a hundred such lines."""
MOST_UNITS = 1_000_000
"""The maximum for one line; a product's popularity is the sum of its lines, in a bounded column."""
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2149, 6, 4, tzinfo=UTC)
"""Reports store days since 1970 in two bytes; a day at each end is left out because of time zones."""

BAD_CURRENCY = "currency must be an ISO 4217 currency code, such as EUR"
NOT_A_PRICE = f"must be a number like 12.50, from 0 to {HIGHEST_PRICE:,}"


def number(text: str, *, highest: Decimal, places: int, fault: str) -> Decimal:
    """Parse a number from 0 to `highest`.

    Raises:
        InvalidValue: `text` is not such a number, or has more than `places` decimal places.
    """
    if not is_number(text):
        raise InvalidValue(fault)
    value = Decimal(text)
    if not 0 <= value <= highest or value != round(value, places):
        raise InvalidValue(fault)
    return value


def point_in_time(text: str, *, fault: str) -> datetime:
    """Parse an ISO 8601 time and return it in UTC; without an offset it is taken as UTC.

    Raises:
        InvalidValue: `text` is not a time from EARLIEST to LATEST.
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
    """Return `text` if it is a currency code.

    Raises:
        InvalidValue: it is not.
    """
    if text not in money.EXPONENTS:
        raise InvalidValue(BAD_CURRENCY)
    return text


def price(text: str, *, column: str, currency: str) -> Decimal:
    """Parse a price in `currency`.

    Raises:
        InvalidValue: `text` is not a number from 0 to HIGHEST_PRICE, or has too many decimal places.
    """
    fault = f"{column} {NOT_A_PRICE}"
    amount = number(text, highest=HIGHEST_PRICE, places=money.MAX_EXPONENT, fault=fault)
    if not money.is_precise(amount, currency=currency):
        raise InvalidValue(f"{column}: {money.precision_message(currency)}")
    return amount
