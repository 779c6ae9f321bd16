"""Errors of the intake of events."""

from backend.api.errors import DomainError


class BatchTooLarge(DomainError):
    """More events or bytes than one request may carry."""

    code = "batch_too_large"
    details_keys = {
        "max_events": "How many events a batch may have.",
        "max_bytes": "How many bytes a body may have, unpacked.",
    }
    hint = "Send the events in smaller batches."
    status = 413
    message = "The batch is too large; send it in several requests."


class UnsupportedEncoding(DomainError):
    """The body's Content-Encoding is not supported."""

    code = "unsupported_encoding"
    details_keys = {"allowed": "The encodings that this endpoint reads."}
    hint = "Send the body with `Content-Encoding: gzip` or as it is."
    status = 415
    message = "This Content-Encoding is not supported."
