"""The price that a shopper sees; rounded here and nowhere else."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
HIGHEST_PRICE = Decimal("9999999999.99")


def rounded(amount: Decimal) -> Decimal:
    """Return `amount` in whole cents, halves away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def sale_price(*, price: Decimal, modifier: Decimal, discount_percentage: Decimal) -> Decimal:
    """Return what a variant costs: the product's price and the variant's modifier, less the discount."""
    return rounded((price + modifier) * (100 - discount_percentage) / 100)
