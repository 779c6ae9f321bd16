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


class ReservationClosed(DomainError):
    """The reserved units were already shipped or released."""

    code = "reservation_closed"
    status = 409
    message = "The units are no longer reserved."
    details_keys = {"reservation_ids": "All reservations of the request, closed or not."}
    hint = "Read the order again; another request has changed it."
