"""Shipping errors."""

from backend.api.errors import DomainError, NotFound


class ShippingMethodNotFound(NotFound):
    """There is no such shipping method."""

    code = "shipping_method_not_found"
    message = "There is no such shipping method."
    details_keys = {"shipping_method_id": "The id in the request."}
    hint = "List the shipping methods."


class ShippingMethodExists(DomainError):
    """Another shipping method has this code."""

    code = "shipping_method_exists"
    status = 409
    message = "Another shipping method has this code."
    details_keys = {"code": "The code."}
    hint = "Choose another code, or change the existing method."


class DestinationNotServed(DomainError):
    """No shipping method ships this cart to this place."""

    code = "destination_not_served"
    status = 409
    message = "We don't ship this cart to this address."
    details_keys = {
        "country": "The country of the address.",
        "currency": "The currency of the cart.",
        "weight_grams": "The weight of the cart's items.",
        "subtotal": "The price of the cart's items.",
    }
    hint = (
        "Choose an address in another country, or change the cart: methods have limits of weight and value."
    )


class ShippingMethodUnavailable(DomainError):
    """The shipping method doesn't exist, or doesn't ship this cart to this place."""

    code = "shipping_method_unavailable"
    status = 409
    message = "This shipping method is not available for this cart and address."
    details_keys = {
        "shipping_method": "The method in the request.",
        "available": "The codes of the methods that are available, the cheapest first.",
    }
    hint = "Choose one of the available methods; `POST /api/orders/quote/` shows what they cost."
