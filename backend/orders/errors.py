"""Errors of checkout and of an order's later steps."""

from backend.api.errors import DomainError, NotFound


class CartEmpty(DomainError):
    """The cart has no items."""

    code = "cart_empty"
    message = "Your cart is empty."
    hint = "Add something to the cart."


class ItemsUnavailable(DomainError):
    """Some items of the cart can't be bought as they are."""

    code = "items_unavailable"
    status = 409
    message = "Some items in your cart can no longer be bought; change it and order again."
    details_keys = {
        "items": "The cart items concerned: `item_id`, `problem` (as in the cart), `product_id`, `title`, "
        "`variant_id`, `sku`, `requested` and `available` units."
    }
    hint = "Remove or reduce the `items`, then order again."


class OrderTooLarge(DomainError):
    """The order's total is higher than an order may be."""

    code = "order_too_large"
    status = 409
    message = "The order's total is too high; remove something from your cart."
    details_keys = {"total_amount": "The total of the cart.", "max_total": "The highest total of an order."}
    hint = "Split the cart into several orders."


class PriceChanged(DomainError):
    """The order's total differs from the total that the client expected."""

    code = "price_changed"
    status = 409
    message = "The total has changed; check it and order again."
    details_keys = {"expected_total": "As in the request.", "total_amount": "What the order would cost now."}
    hint = "Show the customer the new total, and repeat the request with it."


class OrderNotFound(NotFound):
    """The order doesn't exist, or belongs to another customer."""

    code = "order_not_found"
    message = "There is no such order."
    details_keys = {"order_id": "The id in the request."}
    hint = "Look the order up in the list of orders."


class TransitionNotAllowed(DomainError):
    """The order's status doesn't allow this step."""

    code = "order_transition_not_allowed"
    status = 409
    message = "The order can't take this step now."
    details_keys = {
        "status": "The order's status.",
        "requested_status": "The status that the step leads to; absent for a return.",
        "allowed_from": "The statuses from which the step is possible.",
    }
    hint = "Read the order again."


class ReturnTooLarge(DomainError):
    """More units would be returned than were bought."""

    code = "return_too_large"
    status = 409
    message = "More units would be returned than were bought."
    details_keys = {
        "items": "The items concerned: `item_id`, `quantity` bought, units `returned` before, and units "
        "`requested` now."
    }
    hint = "Return at most the units that have not been returned yet."
