"""Amounts as Stripe writes them: whole numbers, usually of the currency's minor unit."""

from decimal import Decimal

from backend.api import money
from backend.payments.errors import GatewayRefused

# Where Stripe differs from ISO 4217 (https://docs.stripe.com/currencies).
_PLACES = {"ISK": 2, "UGX": 2, "MGA": 0}
# Amounts with three decimal places must end in 0.
_STEP_OF_THREE_PLACES = 10


def to_stripe(amount: Decimal, *, currency: str) -> int:
    """Return `amount` as Stripe expects it: 1050 for 10.50 USD, 500 for 500 JPY.

    Raises:
        GatewayRefused: Stripe can't charge this amount in this currency.
    """
    places = _places(currency)
    number = amount.scaleb(places)
    step = _STEP_OF_THREE_PLACES if places == 3 else 1
    if number != int(number) or int(number) % step:
        raise GatewayRefused(f"Stripe can't charge {amount} {currency}")
    return int(number)


def from_stripe(number: int, *, currency: str) -> Decimal:
    """Return the amount that Stripe writes as `number`."""
    return Decimal(number).scaleb(-_places(currency))


def _places(currency: str) -> int:
    return _PLACES.get(currency, money.exponent(currency))
