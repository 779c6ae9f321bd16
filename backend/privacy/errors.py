"""Errors in exporting and erasing personal data."""

from backend.api.errors import DomainError, NotFound


class LoginNotRecent(DomainError):
    """The login was too long ago for this operation."""

    code = "login_not_recent"
    status = 403
    message = "Log in again to download your data."
    details_keys = {"max_minutes": "The maximum age of the login session in minutes."}
    hint = "Log in, and repeat the request with the new access token."


class ErasureRefused(DomainError):
    """Personal data is still needed for orders, returns or payments, or the account sells or is staff.

    Staff lose their rights first; a seller's name is part of the shop's business records.
    """

    code = "erasure_refused"
    status = 409
    message = "Personal data that is still needed can't be deleted yet."
    details_keys = {
        "reasons": "A list of: `orders_in_progress`, `returns_in_progress`, `payments_in_progress`, "
        "`seller`, `staff`.",
        "orders": "The numbers of the orders concerned.",
    }
    hint = (
        "Cancel the orders, or wait until they are delivered, returned and paid; otherwise contact the shop."
    )


class GuestOrderNotFound(NotFound):
    """There is no order of a guest with this number that was placed with this e-mail address or phone."""

    code = "guest_order_not_found"
    message = "There is no such order of a guest."
    details_keys = {"order_number": "The number."}
    hint = "Use the number and the e-mail address or the phone of the order; customers are erased by account."


class WriterBehind(Exception):
    """A subscriber that writes to the store hasn't handled what was published before the erasure."""


class ReceiptNotFound(NotFound):
    """There is no receipt with this id."""

    code = "receipt_not_found"
    message = "There is no such receipt."
    details_keys = {"receipt_id": "The id."}
    hint = "Use the id in the response to the request that deleted the account."
