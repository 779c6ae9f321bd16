"""Stock and reservation errors."""

from backend.api.errors import DomainError


class InsufficientStock(DomainError):
    """Fewer units are available than were requested."""

    code = "insufficient_stock"
    status = 409
    message = "There are not enough units."
    details_keys = {
        "items": "The variants concerned: `product_id`, `title`, `variant_id`, `sku`, `requested` and "
        "`available` units."
    }
    hint = "Request at most the `available` units."


class ReservationShort(DomainError):
    """Units that are to be shipped were damaged, and none have replaced them yet."""

    code = "reservation_short"
    status = 409
    message = "Some units of the order are missing in stock."
    details_keys = {
        "items": "The variants concerned: `variant_id`, `sku`, `requested` units, `held` units that can be "
        "shipped, and `short` units."
    }
    hint = "Receive units, correct the stock with an ADJUSTMENT, or cancel the units that are missing."


class ReservationClosed(DomainError):
    """The reserved units were already shipped or released."""

    code = "reservation_closed"
    status = 409
    message = "The units are no longer reserved."
    details_keys = {"reservation_ids": "All reservations of the request, closed or not."}
    hint = "Read the order again; another request has changed it."


class VariantAvailable(DomainError):
    """A back-in-stock subscription was requested for a variant that is in stock."""

    code = "variant_available"
    status = 409
    message = "The variant is in stock."
    details_keys = {"variant_id": "The variant.", "available": "The units that can be bought now."}
    hint = "Add it to the cart."


class TooManySubscriptions(DomainError):
    """The account has as many back-in-stock subscriptions as are allowed."""

    code = "too_many_subscriptions"
    status = 409
    message = "There are too many back-in-stock subscriptions."
    details_keys = {"maximum": "The number of subscriptions that an account can have."}
    hint = "End another subscription first."
