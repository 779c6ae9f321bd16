"""Errors of invoices and packing slips."""

from collections.abc import Mapping
from typing import ClassVar

from backend.api.errors import DomainError, NotFound


class InvoiceNotFound(NotFound):
    """The invoice or credit note doesn't exist, or is another customer's."""

    code = "invoice_not_found"
    message = "There is no such invoice."
    details_keys = {"number": "The number in the request."}
    hint = "Look up the number in the list of the order's invoices."


class PdfNotAvailable(DomainError):
    """This installation can't make PDFs, because WeasyPrint or the library Pango is missing."""

    code = "pdf_not_available"
    status = 501
    message = "PDFs are not available in this installation."
    hint = (
        "Request the format `html`, which a browser can print; an operator can install the extra `invoices` "
        "and Pango."
    )


class PdfBusy(DomainError):
    """The maximum number of PDFs is being made already."""

    code = "pdf_busy"
    status = 503
    message = "Too many PDFs are being made right now; try again shortly."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}
    hint = "Repeat the request after the seconds in the header Retry-After, or request the format `html`."


class PdfTooSlow(DomainError):
    """The PDF could not be made within the deadline of a request."""

    code = "pdf_too_slow"
    status = 503
    message = "The PDF takes too long; try again later."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "30"}
    hint = "Repeat the request later. A document with very many lines is available in the format `html` only."
