"""The formats of invoices and packing slips."""

from backend.api.formats import Format, format_parameter

JSON = Format("json", "application/json")
HTML = Format("html", "text/html", schema={"type": "string", "example": "<!DOCTYPE html>…"})
PDF = Format("pdf", "application/pdf", schema={"type": "string", "format": "binary", "example": "%PDF-1.7"})

INVOICE_FORMATS = (JSON, HTML, PDF)
INVOICE_FORMAT_PARAMETER = format_parameter(INVOICE_FORMATS)
PAGE_FORMATS = (HTML, PDF)
PAGE_FORMAT_PARAMETER = format_parameter(PAGE_FORMATS)
