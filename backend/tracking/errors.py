"""Errors of event intake."""

from backend.api.errors import DomainError


class BatchTooLarge(DomainError):
    """The batch has too many events or bytes for one request."""

    code = "batch_too_large"
    details_keys = {
        "max_events": "The maximum number of events in a batch.",
        "max_bytes": "The maximum size of the decompressed body in bytes.",
    }
    hint = "Send the events in smaller batches."
    status = 413
    message = "The batch is too large; send it in several requests."


class UnsupportedEncoding(DomainError):
    """The body's Content-Encoding is not supported."""

    code = "unsupported_encoding"
    details_keys = {"allowed": "The encodings that this endpoint reads."}
    hint = "Send the body with `Content-Encoding: gzip`, or without that header."
    status = 415
    message = "This Content-Encoding is not supported."
