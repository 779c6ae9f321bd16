"""The OpenAPI document: the declarations of views, and what is derived from their configuration."""

from backend.api.schema.envelopes import envelope_of, page_of
from backend.api.schema.operations import RequestHeader, operation

__all__ = ["RequestHeader", "envelope_of", "operation", "page_of"]
