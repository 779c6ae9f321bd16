"""Cart errors."""

from collections.abc import Iterable
from typing import Final, Self

from backend.api.errors import DomainError, NotFound
from backend.catalog.models import Variant

MAX_LINES: Final = 100


class CartItemNotFound(NotFound):
    """The caller's cart has no such item."""

    code = "cart_item_not_found"
    message = "There is no such item in your cart."
    details_keys = {"item_id": "The id in the request."}
    hint = "Read the cart again."


class CartFull(DomainError):
    """The cart has the maximum number of lines."""

    code = "cart_full"
    status = 409
    message = f"A cart holds at most {MAX_LINES} different items."
    details_keys = {"max_lines": "The maximum number of lines in a cart."}
    hint = "Order the items in the cart, or remove one."


class CurrencyMismatch(DomainError):
    """The product is priced in another currency than the items in the cart."""

    code = "currency_mismatch"
    status = 409
    message = "All items in a cart must have the same currency; this product is priced in another one."
    details_keys = {"cart_currency": "The cart's currency.", "product_currency": "The product's currency."}
    hint = "Order the items in the cart first, or remove them."


class UnitLimitExceeded(DomainError):
    """The customer would have more units of a product than one customer may have in open orders."""

    code = "unit_limit_exceeded"
    status = 409
    message = "One customer can't have so many units of a product in open orders."
    details_keys = {
        "items": "The products concerned: `product_id`, `title`, and `units`, with those of open orders.",
        "limit": "The number of units that a customer may have.",
    }
    hint = "Order fewer units, or order again when the open orders have been shipped."

    @classmethod
    def of(cls, units: Iterable[tuple[Variant, int]], *, limit: int) -> Self:
        """Return the error for the products of these variants, with the units the customer would have."""
        return cls(
            items=[
                {"product_id": variant.product_id, "title": variant.product.title, "units": number}
                for variant, number in units
            ],
            limit=limit,
        )
