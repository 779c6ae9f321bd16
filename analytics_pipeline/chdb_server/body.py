"""Read request bodies: of known length or chunked, plain or compressed.

The whole body is spooled before the engine reads any of it, so a client that disconnects while sending
changes nothing.
"""

import gzip
import io
import tempfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO, cast

import lz4.frame
import zstandard

from analytics_pipeline.chdb_server import blocks, errors
from analytics_pipeline.chdb_server.errors import Code

LIMIT = 4 * 1024 * 1024 * 1024
_MEMORY_LIMIT = 16 * 1024 * 1024
_BLOCK = 1024 * 1024
_LONGEST_CHUNK_HEADER = 256


class TruncatedBody(Exception):
    """The connection ended in the middle of a body."""


class _Measured(io.RawIOBase):
    """The next `length` bytes of a connection."""

    def __init__(self, connection: BinaryIO, *, length: int) -> None:
        self._connection = connection
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._left)
        if not wanted:
            return 0
        data = self._connection.read(wanted)
        if len(data) < wanted:
            raise TruncatedBody
        buffer[:wanted] = data
        self._left -= wanted
        return wanted


class _Chunked(_Measured):
    """A connection's chunked body, without its framing."""

    def __init__(self, connection: BinaryIO) -> None:
        super().__init__(connection, length=0)
        self._ended = False

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._left and not self._ended:
            self._open_chunk()
        count = super().readinto(buffer)
        if count and not self._left:
            self._line()
        return count

    def _open_chunk(self) -> None:
        size = self._line().split(b";", 1)[0].strip()
        try:
            self._left = int(size, 16)
        except ValueError as error:
            raise TruncatedBody from error
        if not self._left:
            self._ended = True
            while self._line():
                pass

    def _line(self) -> bytes:
        line = self._connection.readline(_LONGEST_CHUNK_HEADER)
        if not line.endswith(b"\n"):
            raise TruncatedBody
        return line.rstrip(b"\r\n")


def read(
    connection: BinaryIO, headers: Mapping[str, str], *, decompress: bool, limit: int = LIMIT
) -> BinaryIO:
    """Return the whole decoded body as a file positioned at its beginning, in memory while it is small.

    With `decompress`, the body consists of ClickHouse's compressed blocks, inside any Content-Encoding.
    `limit` applies to the decoded body.

    Raises:
        TruncatedBody: the connection ends first.
        EngineError: the body is too long, or can't be decoded or stored.
    """
    raw: io.RawIOBase
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        raw = _Chunked(connection)
    else:
        raw = _Measured(connection, length=_length(headers.get("Content-Length") or "0"))
    source = _decoded(io.BufferedReader(raw, _BLOCK), encoding=headers.get("Content-Encoding", ""))
    if decompress:
        source = cast("BinaryIO", io.BufferedReader(blocks.Reader(source), _BLOCK))
    spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=_MEMORY_LIMIT))  # noqa: SIM115
    try:
        _copy(source, spool, limit=limit)
    except (TruncatedBody, errors.EngineError):
        spool.close()
        raise
    spool.seek(0)
    return spool


def _copy(source: BinaryIO, spool: BinaryIO, *, limit: int) -> None:
    size = 0
    while block := _next(source):
        size += len(block)
        if size > limit:
            raise errors.refuse(f"The body is longer than {limit} bytes", code=Code.TOO_MANY_BYTES)
        try:
            spool.write(block)
        except OSError as error:
            raise errors.refuse(f"The body can't be stored: {error}", code=Code.NOT_ENOUGH_SPACE) from error


def _length(text: str) -> int:
    if not text.isdecimal():
        raise errors.refuse(f"Content-Length {text!r} is not a number", code=Code.BAD_ARGUMENTS)
    return int(text)


def _next(source: BinaryIO) -> bytes:
    try:
        return source.read(_BLOCK)
    except TimeoutError as error:
        raise TruncatedBody from error
    except (EOFError, OSError, RuntimeError, zlib.error, zstandard.ZstdError, blocks.CorruptBlock) as error:
        raise errors.refuse(
            f"The body can't be decompressed: {error}", code=Code.CANNOT_READ_ALL_DATA
        ) from error


def _decoded(raw: io.BufferedReader, *, encoding: str) -> BinaryIO:
    # Every reader here continues past the end of a frame, because clients send one frame per block of rows.
    match encoding.lower():
        case "" | "identity":
            return cast("BinaryIO", raw)
        case "lz4":
            return cast("BinaryIO", lz4.frame.LZ4FrameFile(raw))
        case "zstd":
            return cast("BinaryIO", zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True))
        case "gzip":
            return cast("BinaryIO", gzip.GzipFile(fileobj=raw))
    raise errors.refuse(
        f"Content-Encoding {encoding} is not available; lz4, zstd and gzip are", code=Code.BAD_ARGUMENTS
    )
