"""Reads and decompresses the body of a batch of events."""

import zlib

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from analytics_pipeline.events import MAX_EVENTS
from backend.api.errors import InvalidInput
from backend.tracking.errors import BatchTooLarge, UnsupportedEncoding

MAX_BYTES = 1_000_000
_GZIP = 31


def body_of(request: HttpRequest) -> bytes:
    """Return the decompressed body; its Content-Type is ignored, because browsers send beacons as text.

    Raises:
        BatchTooLarge: the body or its decompressed content is larger than MAX_BYTES.
        UnsupportedEncoding: the Content-Encoding is neither gzip nor identity.
        InvalidInput: the body isn't valid gzip, or the Content-Length is not a number.
    """
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise UnsupportedEncoding(allowed=["gzip", "identity"])
    if _declared_bytes(request) > MAX_BYTES:
        raise too_large()
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise too_large() from error
    if len(body) > MAX_BYTES:
        raise too_large()
    return unpacked(body) if encoding == "gzip" else body


def _declared_bytes(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise InvalidInput(**{"Content-Length": "Must be a whole number."}) from error


def unpacked(body: bytes) -> bytes:
    """Return the decompressed content of a gzip body.

    Raises:
        BatchTooLarge: the content is larger than MAX_BYTES.
        InvalidInput: the body isn't valid gzip.
    """
    stream = zlib.decompressobj(_GZIP)
    try:
        text = stream.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        raise InvalidInput(**{"Content-Encoding": "The body is not valid gzip."}) from error
    if len(text) > MAX_BYTES:
        raise too_large()
    if not stream.eof or stream.unused_data:
        raise InvalidInput(
            **{"Content-Encoding": "The gzip data is incomplete, or is followed by other data."}
        )
    return text


def too_large() -> BatchTooLarge:
    """Return the error with the limits in its details."""
    return BatchTooLarge(max_events=MAX_EVENTS, max_bytes=MAX_BYTES)
