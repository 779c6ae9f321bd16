"""Errors of the intake of events."""

from backend.api.errors import DomainError


class BatchTooLarge(DomainError):
    """More events or bytes than one request may carry."""

    code = "batch_too_large"
    details_keys = {
        "max_events": "How many events a batch may have.",
        "max_bytes": "How many bytes a body may have.",
    }
    way_out = "Send the events in smaller batches."
    status = 413
    message = "The batch is too large; send it in several requests."
