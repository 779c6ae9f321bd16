"""Checkout and order errors."""

from backend.api.errors import DomainError, NotFound


class CartEmpty(DomainError):
    """The cart has no items."""

    code = "cart_empty"
    message = "Your cart is empty."
    hint = "Add something to the cart."


class ItemsUnavailable(DomainError):
    """Some items in the cart are no longer for sale, or are not available in the requested quantity."""

    code = "items_unavailable"
    status = 409
    message = "Some items in your cart are not available; change the cart and order again."
    details_keys = {
        "items": "The cart items concerned: `item_id`, `problem` (as in the cart), `product_id`, `title`, "
        "`variant_id`, `sku`, `requested` and `available` units."
    }
    hint = "Remove or reduce the `items`, then order again."


class OrderTooLarge(DomainError):
    """The order's total is above the limit."""

    code = "order_too_large"
    status = 409
    message = "The order's total is too high; remove something from your cart."
    details_keys = {
        "total_amount": "The total of the cart.",
        "max_total": "The highest total that an order may have.",
    }
    hint = "Split the cart into several orders."


class PriceChanged(DomainError):
    """The order's total differs from the total that the client expected."""

    code = "price_changed"
    status = 409
    message = "The total has changed; check it and order again."
    details_keys = {
        "expected_total": "The total in the request.",
        "total_amount": "The order's current total.",
    }
    hint = "Show the customer the new total, and repeat the request with it."


class CurrencyChanged(DomainError):
    """The items are priced in another currency than the client expected."""

    code = "currency_changed"
    status = 409
    message = "The items are priced in another currency now; check the total and order again."
    details_keys = {"expected_currency": "The currency in the request.", "currency": "That of the items."}
    hint = "Show the customer the new total, and repeat the request with it and its currency."


class OrderNotFound(NotFound):
    """The order doesn't exist, or belongs to another customer."""

    code = "order_not_found"
    message = "There is no such order."
    details_keys = {"order_id": "The id in the request."}
    hint = "Look up the order in the list of orders."


class TransitionNotAllowed(DomainError):
    """The order's status doesn't allow this step."""

    code = "order_transition_not_allowed"
    status = 409
    message = "The order's status doesn't allow this step."
    details_keys = {
        "status": "The order's status.",
        "requested_status": "The status that the step leads to; absent for a refund without units, and for "
        "a part of an unpaid order.",
        "allowed_from": "The statuses from which the step is allowed.",
    }
    hint = "Read the order again to see its current status."


class UnitsNotLeft(DomainError):
    """Fewer units of the order are left to be shipped, delivered or cancelled."""

    code = "order_units_not_left"
    status = 409
    message = "Fewer units of the order are left."
    details_keys = {
        "items": "The items concerned: `item_id`, units `requested`, and units `left` that are neither "
        "shipped nor cancelled; empty if nothing of the order is left."
    }
    hint = "Read the order again, and request at most the units that are left."


class ShipmentNotFound(NotFound):
    """The shipment doesn't exist, or belongs to another seller."""

    code = "shipment_not_found"
    message = "There is no such shipment."
    details_keys = {"shipment_id": "The id in the request."}
    hint = "Look up the shipment in the order."


class ShipmentDelivered(DomainError):
    """The delivery of the shipment is recorded already."""

    code = "shipment_delivered"
    status = 409
    message = "The shipment is delivered already."
    details_keys = {"number": "The shipment's number."}
    hint = "Nothing is left to do."


class ReturnNotFound(NotFound):
    """The return doesn't exist, or belongs to another customer."""

    code = "return_not_found"
    message = "There is no such return."
    details_keys = {"return_id": "The id in the request."}
    hint = "Look up the return in the list of returns."


class ReturnStepNotAllowed(DomainError):
    """The return's status doesn't allow this step."""

    code = "return_step_not_allowed"
    status = 409
    message = "The return's status doesn't allow this step."
    details_keys = {
        "status": "The return's status.",
        "requested_status": "The status that the step leads to.",
        "allowed_from": "The statuses from which the step is allowed.",
    }
    hint = "Read the return again to see its current status."


class ReturnTooLarge(DomainError):
    """More units would be returned than can be returned."""

    code = "return_too_large"
    status = 409
    message = "So many units can't be returned."
    details_keys = {
        "items": "The items concerned: `item_id`, `quantity` bought, units already `returned`, units "
        "`announced` in other returns, and units `requested` now."
    }
    hint = "Return at most the units that were delivered recently enough and are in no other return."


class RefundTooLarge(DomainError):
    """Less is left of the order's items, or shipping is refunded already or was free."""

    code = "refund_too_large"
    status = 409
    message = "The amount is more than what can be refunded."
    details_keys = {
        "amount": "The amount in the request; absent for shipping.",
        "available": "What can be refunded at most.",
        "currency": "The currency of both.",
    }
    hint = "Refund at most what is available."
