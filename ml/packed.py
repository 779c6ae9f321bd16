"""Flat files of arrays, which processes map read-only; the page cache holds one copy for all of them.

    b"VITRINE\\x01"       what kind of file it is
    8 bytes              the length of the header, little-endian
    header               JSON: {name: {"dtype": "<u4", "shape": [24000, 50], "offset": 0}}, padded with spaces
    values               each array in C order, little-endian; offsets are multiples of 64 bytes, from here

Reading needs the standard library only, so that web processes don't import NumPy.
"""

import hashlib
import json
import math
import mmap
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC = b"VITRINE\x01"
ALIGNMENT = 64
_LENGTH_BYTES = 8
_NUMBERS: Mapping[str, Any] = {
    "|b1": "?",
    "|i1": "b",
    "|u1": "B",
    "<i2": "h",
    "<u2": "H",
    "<i4": "i",
    "<u4": "I",
    "<i8": "q",
    "<u8": "Q",
    "<f4": "f",
    "<f8": "d",
}
"""NumPy's names of types, and those of memoryview. Bytes of a fixed width ("|S36") are mapped as bytes."""


class FileDamaged(ValueError):
    """A file of arrays can't be used; the message says why, without the file's name."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """An array of a mapped file; `values` is flat, and single bytes if `dtype` is bytes of a fixed width."""

    values: "memoryview[Any]"
    dtype: str
    shape: tuple[int, ...]

    def array(self) -> "NDArray[Any]":
        """Return it for NumPy, read-only and without a copy."""
        import numpy as np  # noqa: PLC0415 - web processes read without it

        return np.ndarray(self.shape, np.dtype(self.dtype), self.values.cast("B"))


def write(path: Path, arrays: "Mapping[str, NDArray[Any]]") -> None:
    """Write a file and flush it to disk.

    Raises:
        TypeError: an array has a type that the format doesn't have. Encode text, and store dates as numbers.
    """
    ready = {name: _little_endian(name, array) for name, array in arrays.items()}
    header, offsets = _header(ready)
    with path.open("wb") as file:
        file.write(MAGIC + len(header).to_bytes(_LENGTH_BYTES, "little") + header)
        for name, array in ready.items():
            file.write(bytes(offsets[name] - file.tell()))
            array.tofile(file)
        file.flush()
        os.fsync(file.fileno())


def opened(path: Path, *, sha256: str) -> dict[str, Mapped]:
    """Map the file and return its arrays by name. They stay usable after the file was deleted.

    The checksum is verified here, which reads the whole file once, and not when values are read.

    Raises:
        FileDamaged: it is missing, can't be read, differs from what was written, or is no file of arrays.
    """
    if sys.byteorder != "little":
        raise NotImplementedError("files of arrays are mapped as they are, on little-endian machines only")
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise FileDamaged("is missing") from error
    except OSError as error:
        raise FileDamaged(_unreadable(error)) from error
    with file:
        try:
            _check_header(file)
            file.seek(0)
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise FileDamaged("has another checksum than its manifest")
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except OSError as error:
            raise FileDamaged(_unreadable(error)) from error
    try:
        return _arrays(content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileDamaged("is no file of arrays") from error


def _unreadable(error: OSError) -> str:
    return f"can't be read ({error.strerror or error})"


def in_memory(arrays: "Mapping[str, NDArray[Any]]") -> dict[str, Mapped]:
    """Return arrays as they would be mapped from a file."""
    ready = {name: _little_endian(name, array) for name, array in arrays.items()}
    return {
        name: Mapped(
            memoryview(one.tobytes()).cast(_NUMBERS.get(one.dtype.str, "B")), one.dtype.str, one.shape
        )
        for name, one in ready.items()
    }


def _little_endian(name: str, array: "NDArray[Any]") -> "NDArray[Any]":
    import numpy as np  # noqa: PLC0415 - web processes read without it

    ordered = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
    if not _is_stored(ordered.dtype):
        raise TypeError(f"array {name!r} of {array.dtype} can't be stored")
    return ordered


def _is_stored(dtype: "np.dtype[Any]") -> bool:
    return dtype.str in _NUMBERS or (dtype.kind == "S" and dtype.itemsize > 0)


def _header(arrays: "Mapping[str, NDArray[Any]]") -> tuple[bytes, dict[str, int]]:
    """Return the header, padded to the alignment, and the offset of each array."""
    # The offsets count from the end of the header, because its length depends on their digits.
    end, offsets = 0, dict[str, int]()
    for name, array in arrays.items():
        offsets[name] = end
        end = _aligned(end + array.nbytes)
    entries = {
        name: {"dtype": array.dtype.str, "shape": array.shape, "offset": offsets[name]}
        for name, array in arrays.items()
    }
    header = json.dumps(entries).encode()
    start = _aligned(len(MAGIC) + _LENGTH_BYTES + len(header))
    padded = header.ljust(start - len(MAGIC) - _LENGTH_BYTES)
    return padded, {name: start + offset for name, offset in offsets.items()}


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _check_header(file: BinaryIO) -> None:
    if (found := file.read(len(MAGIC))) != MAGIC:
        raise FileDamaged("is shorter than its header" if len(found) < len(MAGIC) else "is no file of arrays")


def _arrays(content: memoryview) -> dict[str, Mapped]:
    first = len(MAGIC) + _LENGTH_BYTES
    start = first + int.from_bytes(content[len(MAGIC) : first], "little")
    entries = json.loads(bytes(content[first:start]))
    return {name: _mapped(content[start:], **entry) for name, entry in entries.items()}


def _mapped(content: memoryview, *, dtype: str, shape: list[int], offset: int) -> Mapped:
    number = _NUMBERS.get(dtype)
    item_bytes = memoryview(b"").cast(number).itemsize if number else int(dtype.removeprefix("|S"))
    values = content[offset : offset + math.prod(shape) * item_bytes]
    return Mapped(values.cast(number or "B"), dtype, tuple(shape))
