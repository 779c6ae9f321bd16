"""Opens text files, plain or compressed with gzip or xz, in UTF-8 or in another encoding."""

import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from backend.importing.errors import UnreadableFile

GZIP_MAGIC = b"\x1f\x8b"
XZ_MAGIC = b"\xfd7zXZ\x00"
DAMAGED = (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile)
LONGEST_LINE = 16 * 1024 * 1024
ENCODINGS = ("utf-8", "utf-16", "cp1252", "iso-8859-1", "iso-8859-15", "cp1250")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
SAMPLE = 256
SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The encoding and the delimiter of a file; None means that it is detected.

    The encoding is one of ENCODINGS, the delimiter one of the values of DELIMITERS.
    """

    encoding: str | None = None
    delimiter: str | None = None


@contextmanager
def opened_text(path: Path, *, encoding: str | None) -> Iterator[Iterator[str]]:
    """Open a file and yield its lines, which keep their line ends.

    Without `encoding` it is UTF-8 or UTF-16: a byte order mark tells them apart, or the zero bytes of UTF-16.

    Raises:
        UnreadableFile: the file is missing, damaged or in another encoding, now or at a later line.
    """
    try:
        with _opened(path) as binary:
            codec = _codec(binary, declared=encoding)
            with io.TextIOWrapper(cast("IO[bytes]", binary), encoding=codec, newline="") as text:
                yield _lines(text, path=path, codec=codec)
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror or error}") from error


def _opened(path: Path) -> io.BufferedIOBase:
    if path.is_fifo():
        raise UnreadableFile(f"{path}: is a pipe; a file is needed, because it is read more than once")
    with path.open("rb") as file:
        magic = file.read(len(XZ_MAGIC))
    if magic.startswith(GZIP_MAGIC):
        return gzip.open(path)
    if magic == XZ_MAGIC:
        return lzma.open(path)
    return path.open("rb")


def _codec(binary: io.BufferedIOBase, *, declared: str | None) -> str:
    try:
        head = binary.read(SAMPLE)
        binary.seek(0)
    except DAMAGED:
        return "utf-8"  # Reading the first line raises the same error, which is reported with its line.
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if declared is not None and declared != "utf-16":
        return declared
    # In UTF-16 every second byte of ASCII text is zero; text in other encodings has no zero bytes.
    if len(head) > 2 and not any(head[1::2]):
        return "utf-16-le"
    return "utf-16-be" if len(head) > 2 and not any(head[::2]) else declared or "utf-8"


def _lines(text: io.TextIOWrapper, *, path: Path, codec: str) -> Iterator[str]:
    number = 0
    try:
        while line := text.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise UnreadableFile(f"{path}: line {number} is longer than {LONGEST_LINE:,} characters")
            yield line
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path}: {_other_encoding(path, codec=codec)}") from error
    except DAMAGED as error:
        raise UnreadableFile(f"{path}: damaged after line {number}: {error}") from error


def _other_encoding(path: Path, *, codec: str) -> str:
    """Return a message with the place of the first byte that is not in the encoding `codec`."""
    if codec not in ("utf-8", "utf-8-sig"):
        return f"is not in the encoding {codec}; choose another one with --encoding"
    with _opened(path) as binary:
        for number, raw in enumerate(cast("IO[bytes]", binary), start=1):
            try:
                raw.decode()
            except UnicodeDecodeError as error:
                found = raw[max(0, error.start - SHOWN // 2) : error.start + SHOWN // 2]
                shown = found.decode("cp1252", errors="replace").strip()
                place = f"line {number}, byte {error.start + 1}"
                return (
                    f"{place}: expected UTF-8, found another encoding. In cp1252, which Excel for Windows"
                    f" writes, the text is: {shown!r}. If that is right, add --encoding cp1252"
                )
    return "expected UTF-8, found another encoding"
