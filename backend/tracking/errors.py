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


class EventNameExists(DomainError):
    """The name is registered, perhaps as an inactive one."""

    code = "event_name_exists"
    details_keys = {"event_name_id": "The id of the registered name."}
    hint = "Change the registered name with `event_names_update`."
    status = 409
    message = "This name is registered."


class EventNameNotFound(DomainError):
    """There is no name of events with this id."""

    code = "event_name_not_found"
    details_keys = {"event_name_id": "The id that was requested."}
    hint = "Use an id of the list `event_names_list`."
    status = 404
    message = "There is no such event name."


class TooManyNewGuests(DomainError):
    """The address sent events of more guests than one address may have within an hour or a day."""

    code = "too_many_new_guests"
    details_keys = {
        "retry_after": "Seconds until a new guest of this address is accepted; also in the header."
    }
    hint = (
        "Keep one anonymous id for each browser. Guests of this address who sent events lately are still "
        "accepted; repeat the request after the seconds in the header Retry-After."
    )
    status = 429
    message = "There were too many new guests at this address."


class UnsupportedEncoding(DomainError):
    """The body's Content-Encoding is not supported."""

    code = "unsupported_encoding"
    details_keys = {"allowed": "The encodings that this endpoint reads."}
    hint = "Send the body with `Content-Encoding: gzip`, or without that header."
    status = 415
    message = "This Content-Encoding is not supported."
