"""Errors of carts."""

from typing import Final

from backend.api.errors import DomainError, NotFound

MAX_LINES: Final = 100


class CartItemNotFound(NotFound):
    """The caller's cart has no such item."""

    code = "cart_item_not_found"
    message = "There is no such item in your cart."
    details_keys = {"item_id": "The id in the request."}
    way_out = "Read the cart again."


class CartFull(DomainError):
    """The cart already has as many lines as it may have."""

    code = "cart_full"
    status = 409
    message = f"A cart holds at most {MAX_LINES} different items."
    details_keys = {"max_lines": "How many lines a cart may have."}
    way_out = "Order what is in the cart, or remove an item."


class CurrencyMismatch(DomainError):
    """The product is priced in another currency than the items in the cart."""

    code = "currency_mismatch"
    status = 409
    message = "An order has one currency, and this product is priced in another than your cart."
    details_keys = {"cart_currency": "The currency of the cart.", "product_currency": "That of the product."}
    way_out = "Order what is in the cart first, or empty it."
