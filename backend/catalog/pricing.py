"""Computes the prices of products and variants; no other module computes them.

The list price is the price before the discount, the sale price is the price after it. A product's list price
is its column `price`; a variant adds its `price_modifier`. The product's discount applies to variants without
their own discount.
"""

from collections.abc import Sequence
from decimal import Decimal

from backend.api import money
from backend.api.errors import InvalidInput
from backend.catalog.models import Product, Variant


def sale_price(list_price: Decimal, *, discount_percentage: Decimal, currency: str) -> Decimal:
    """Return the price after the discount, rounded half away from zero."""
    return money.rounded(list_price * (100 - discount_percentage) / 100, currency=currency)


def reprice(product: Product, variants: Sequence[Variant]) -> None:
    """Set the sale prices of the product and of `variants` (all of its variants), without saving them.

    The product's sale price is the lowest of its active variants, or of all variants if none is active.

    Raises:
        InvalidInput: a variant's price would be negative, or too high to store.
    """
    for variant in variants:
        _require_storable(variant.list_price, currency=product.currency)
        variant.sale_price = sale_price(
            variant.list_price, discount_percentage=variant.discount, currency=product.currency
        )
    sold = [variant for variant in variants if variant.is_active] or variants
    product.sale_price = min(variant.sale_price for variant in sold)


def _require_storable(price: Decimal, *, currency: str) -> None:
    if price < 0:
        raise InvalidInput(price="With its price modifier, a variant's price would be negative.")
    highest = money.highest_price(currency)
    if price > highest:
        raise InvalidInput(price=f"With its price modifier, a variant's price would be above {highest}.")
