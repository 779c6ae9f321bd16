"""Reads request bodies in the event loop, with limits on size and time."""

import asyncio

from backend.config.errors import BodyIncomplete, BodyTooLarge, BodyTooSlow
from backend.config.web.protocol import Receive, Scope


async def read_body(scope: Scope, receive: Receive, *, limit: int, seconds: float) -> bytes:
    """Return the complete body.

    Raises:
        BodyTooLarge: its Content-Length, or the number of bytes received, exceeds `limit`.
        BodyTooSlow: it is not complete after `seconds`, even if bytes still arrive.
        BodyIncomplete: its chunks are malformed, or the client disconnected before the end.
    """
    if _content_length(scope) > limit:
        raise BodyTooLarge(max_bytes=limit)
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, limit=limit)
    except TimeoutError as error:
        raise BodyTooSlow(seconds=seconds) from error


async def _read(receive: Receive, *, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyIncomplete
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLarge(max_bytes=limit)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _content_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
