"""The OpenAPI document: what a view declares, and what is derived from how the view is configured."""

from backend.api.schema.envelopes import envelope_of, page_of
from backend.api.schema.operations import RequestHeader, operation

__all__ = ["RequestHeader", "envelope_of", "operation", "page_of"]
