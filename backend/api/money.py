"""Amounts of money in a currency: precision, rounding, validation and formatting.

The ISO 4217 exponent of a currency is the number of decimal places of its amounts: 0 for JPY, 2 for USD,
3 for KWD. Amounts are rounded half away from zero, once, where they are computed.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from types import MappingProxyType
from typing import Final

from backend.api.errors import InvalidInput, UnknownCurrency

MAX_EXPONENT: Final = 4
# SQLite stores decimals as floats, which are exact to 15 digits.
_MAX_DIGITS: Final = 15
_MAX_UNIT_DIGITS: Final = 10
_MAX_TOTAL_DIGITS: Final = 12

_CODES_BY_EXPONENT: Mapping[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
        "CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
        "GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD "
        "LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB "
        "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
        "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG "
        # Withdrawn since 2023, but used by older orders.
        "ANG BGN HRK"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS: Mapping[str, int] = MappingProxyType(
    {code: places for places, codes in _CODES_BY_EXPONENT.items() for code in codes.split()}
)
"""The exponent of every currency that prices can have; codes without an exponent (XAU, XXX …) are omitted."""


def exponent(currency: str) -> int:
    """Return how many decimal places an amount in `currency` has.

    Raises:
        UnknownCurrency: there is no such currency.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


@cache
def quantum(currency: str) -> Decimal:
    """Return the smallest amount of `currency`: 1 for JPY, 0.01 for USD."""
    return Decimal(1).scaleb(-exponent(currency))


def rounded(amount: Decimal, *, currency: str) -> Decimal:
    """Return `amount` in whole minor units of `currency`, halves away from zero: 166.5 yen become 167."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def allocate(amount: Decimal, *, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Return parts of `amount` in proportion to `weights`, which add up to exactly `amount`.

    The minor units that rounding down leaves over go to the largest remainders, the first of equal ones
    first. If the amount is not more than the sum of the weights, no part is more than its weight.

    Raises:
        ValueError: no weight is positive, or one is negative.
    """
    total = sum(weights, Decimal(0))
    if total <= 0 or min(weights) < 0:
        raise ValueError("no weight is positive, or one is negative")
    unit = quantum(currency)
    exact = [amount * weight / total for weight in weights]
    parts = [part.quantize(unit, rounding=ROUND_DOWN) for part in exact]
    left = int((amount - sum(parts, Decimal(0))) / unit)
    by_remainder = sorted(range(len(parts)), key=lambda index: parts[index] - exact[index])
    for index in by_remainder[:left]:
        parts[index] += unit
    return parts


def written(amount: Decimal, *, currency: str) -> str:
    """Return `amount` with the decimal places of `currency`: "333" for JPY, "1.500" for KWD."""
    return f"{rounded(amount, currency=currency):f}"


def highest_price(currency: str) -> Decimal:
    """Return the highest price of one unit that can be stored."""
    return _highest(_MAX_UNIT_DIGITS, currency=currency)


def highest_total(currency: str) -> Decimal:
    """Return the highest total of a line or an order that can be stored."""
    return _highest(_MAX_TOTAL_DIGITS, currency=currency)


def _highest(whole_digits: int, *, currency: str) -> Decimal:
    places = exponent(currency)
    return Decimal(10) ** min(whole_digits, _MAX_DIGITS - places) - quantum(currency)


def is_precise(amount: Decimal, *, currency: str) -> bool:
    """Return whether `amount` has no more decimal places than `currency`."""
    return amount == rounded(amount, currency=currency)


def precision_message(currency: str) -> str:
    """Return the error message for an amount with too many decimal places."""
    places = exponent(currency)
    allowed = f"at most {places} decimal places" if places else "no decimal places"
    return f"An amount in {currency} has {allowed}."


def require_precise(currency: str, **amounts: Decimal) -> None:
    """Refuse amounts with more decimal places than `currency` has.

    Raises:
        InvalidInput: an amount has too many decimal places; names each, and how many are allowed.
        UnknownCurrency: there is no such currency.
    """
    message = precision_message(currency)
    faults = {name: message for name, amount in amounts.items() if not is_precise(amount, currency=currency)}
    if faults:
        raise InvalidInput(**faults)
