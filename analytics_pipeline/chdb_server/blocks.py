"""ClickHouse's block compression, which its drivers ask for with `compress=1` and send with `decompress=1`.

A block is a CityHash128 checksum (version 1.0.2, as in ClickHouse) of all that follows, then a method, the
compressed size including these nine bytes of header, the size of the content, and the content. LZ4 is
written; LZ4, ZSTD and uncompressed blocks are read.
"""

import io
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import lz4.block
import zstandard
from clickhouse_cityhash.cityhash import CityHash128

_HEADER = struct.Struct("<BII")
_CHECKSUM = struct.Struct("<QQ")
_LZ4 = 0x82
_BLOCK_BYTES = 1024 * 1024
_LARGEST_BLOCK = 64 * 1024 * 1024


class CorruptBlock(Exception):
    """A compressed block with a wrong checksum, an unknown method or an impossible size."""


def compress(content: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Yield the content as compressed blocks."""
    for block in content:
        for start in range(0, len(block), _BLOCK_BYTES):
            yield _compressed(bytes(block[start : start + _BLOCK_BYTES]))


class Reader(io.RawIOBase):
    """The content of compressed blocks that are read from `source`.

    Reading raises CorruptBlock.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._content = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._content:
            self._content = memoryview(self._next_block())
        count = min(len(buffer), len(self._content))
        buffer[:count] = self._content[:count]
        self._content = self._content[count:]
        return count

    def _next_block(self) -> bytes:
        checksum = self._source.read(_CHECKSUM.size)
        if not checksum:
            return b""
        header = self._source.read(_HEADER.size)
        if len(checksum) < _CHECKSUM.size or len(header) < _HEADER.size:
            raise CorruptBlock("a compressed block ends in its header")
        method, compressed_size, size = _HEADER.unpack(header)
        if not _HEADER.size <= compressed_size <= _LARGEST_BLOCK or size > _LARGEST_BLOCK:
            raise CorruptBlock(f"a compressed block has the invalid sizes {compressed_size} and {size}")
        content = self._source.read(compressed_size - _HEADER.size)
        if _checksum(header + content) != checksum:
            raise CorruptBlock("a compressed block has a wrong checksum")
        return _decompressed(content, method=method, size=size)


def _compressed(content: bytes) -> bytes:
    compressed = bytes(lz4.block.compress(content, store_size=False))
    block = _HEADER.pack(_LZ4, len(compressed) + _HEADER.size, len(content)) + compressed
    return _checksum(block) + block


def _decompressed(content: bytes, *, method: int, size: int) -> bytes:
    try:
        match method:
            case 0x82:
                return bytes(lz4.block.decompress(content, uncompressed_size=size))
            case 0x90:
                return zstandard.ZstdDecompressor().decompress(content, max_output_size=size)
            case 0x02:
                return content
    except (lz4.block.LZ4BlockError, zstandard.ZstdError) as error:
        raise CorruptBlock(str(error)) from error
    raise CorruptBlock(f"compression method {method:#x} is not supported; LZ4 and ZSTD are")


def _checksum(block: bytes) -> bytes:
    value = CityHash128(block)
    return _CHECKSUM.pack(value >> 64, value & 0xFFFFFFFFFFFFFFFF)
