"""Computes the prices of products and variants; no other module computes them.

The list price is the price before the discount, the seller's price the one after it; carts and orders apply
promotions to it. The sale price is what one unit costs: the seller's price, or what promotions make of it for
anybody (`reduced_price`). A product's list price is its column `price`; a variant adds its `price_modifier`.
The product's discount applies to variants without their own discount.
"""

from collections.abc import Sequence
from decimal import Decimal

from backend.api import money
from backend.api.errors import InvalidInput
from backend.catalog.models import Product, Variant


def sale_price(list_price: Decimal, *, discount_percentage: Decimal, currency: str) -> Decimal:
    """Return the price after the discount, rounded half away from zero."""
    return money.rounded(list_price * (100 - discount_percentage) / 100, currency=currency)


PRODUCT_PRICES = ("sale_price", "lowest_price_30_days", "promoted_by", "flash_sale")
"""The columns of a product that depend on its variants."""
VARIANT_PRICES = ("sale_price", "lowest_price_30_days", "reduced_price", "promoted_by")
"""The columns of a variant that writers of prices set."""


def reprice(product: Product, variants: Sequence[Variant]) -> None:
    """Set the sale prices of the product and of `variants` (all of its variants), without saving them.

    The product's sale price is the lowest of its active variants, or of all variants if none is active.

    Raises:
        InvalidInput: a variant's price would be negative, or too high to store.
    """
    for variant in variants:
        _require_storable(variant.list_price, currency=product.currency)
        price = _discounted(variant)
        reduced = variant.reduced_price
        variant.sale_price = price if reduced is None else min(price, reduced)
    take_cheapest(product, variants)


def seller_price(variant: Variant) -> Decimal:
    """Return the price of a unit before promotions, to which carts and orders apply them."""
    return variant.sale_price if variant.reduced_price is None else _discounted(variant)


def _discounted(variant: Variant) -> Decimal:
    return sale_price(
        variant.list_price, discount_percentage=variant.discount, currency=variant.product.currency
    )


def take_cheapest(product: Product, variants: Sequence[Variant]) -> None:
    """Set the product's PRODUCT_PRICES to those of its cheapest active variant, without saving them.

    Of several that cost the same, it is the one with the lowest price in 30 days, then the oldest.
    """
    sold = [variant for variant in variants if variant.is_active] or variants
    cheapest = min(sold, key=_rank)
    product.sale_price, product.lowest_price_30_days = cheapest.sale_price, cheapest.lowest_price_30_days
    product.promoted_by = cheapest.promoted_by
    product.flash_sale = is_in_flash_sale(variants)


def is_in_flash_sale(variants: Sequence[Variant]) -> bool:
    """Return whether the price of an active variant is reduced by a flash sale."""
    return any(
        variant.is_active and variant.promoted_by is not None and variant.promoted_by["is_flash_sale"]
        for variant in variants
    )


def _rank(variant: Variant) -> tuple[Decimal, bool, Decimal]:
    lowest = variant.lowest_price_30_days
    return variant.sale_price, lowest is None, lowest or Decimal(0)


def _require_storable(price: Decimal, *, currency: str) -> None:
    if price < 0:
        raise InvalidInput(price="With its price modifier, a variant's price would be negative.")
    highest = money.highest_price(currency)
    if price > highest:
        raise InvalidInput(price=f"With its price modifier, a variant's price would be above {highest}.")
