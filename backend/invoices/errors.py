"""Errors of invoices and packing slips."""

from backend.api.errors import NotFound


class InvoiceNotFound(NotFound):
    """The invoice or credit note doesn't exist, or is another customer's."""

    code = "invoice_not_found"
    message = "There is no such invoice."
    details_keys = {"number": "The number in the request."}
    hint = "Look up the number in the list of the order's invoices."
