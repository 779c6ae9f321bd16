"""Output formats: which can be sent block by block, and what has to be removed from the blocks.

The engine formats each block of a streamed result as a complete result. Blocks of a format without a head or
a foot can be concatenated. Where the head is the columns' names (and types), it is removed from all blocks
but the first. In every other format the whole result is computed before it is sent.
"""

from collections.abc import Callable, Iterable, Iterator

_WITHOUT_HEAD = frozenset(
    {
        "CSV",
        "JSONCompactEachRow",
        "JSONEachRow",
        "JSONLines",
        "NDJSON",
        "Native",
        "Null",
        "RawBLOB",
        "RowBinary",
        "TSV",
        "TSVRaw",
        "TabSeparated",
        "TabSeparatedRaw",
    }
)
_CONTENT_TYPES = {
    "CSV": "text/csv; charset=UTF-8",
    "JSON": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "Native": "application/octet-stream",
    "Parquet": "application/octet-stream",
    "RowBinary": "application/octet-stream",
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
}


def can_stream(name: str | None) -> bool:
    """Return whether results in this format can be sent block by block."""
    return name in _WITHOUT_HEAD or name in _HEADS


def content_type(name: str | None) -> str:
    """Return the media type of results in this format."""
    base = (name or "").replace("WithNamesAndTypes", "").replace("WithNames", "")
    return _CONTENT_TYPES.get(base, "text/plain; charset=UTF-8")


def join(blocks: Iterable[bytes], *, format_: str | None) -> Iterator[bytes]:
    """Yield blocks that together form one result in this format."""
    head_length = _HEADS.get(format_ or "")
    head: bytes | None = None
    for block in blocks:
        if head_length is None:
            yield block
        elif head is None:
            head = block[: head_length(block)]
            yield block
        elif rest := block.removeprefix(head):
            yield rest


def _lines(count: int) -> Callable[[bytes], int]:
    def length(block: bytes) -> int:
        end = 0
        for _ in range(count):
            end = block.index(b"\n", end) + 1
        return end

    return length


def _csv_records(count: int) -> Callable[[bytes], int]:
    def length(block: bytes) -> int:
        found, quoted = 0, False
        for position, byte in enumerate(block):
            quoted ^= byte == ord('"')
            found += byte == ord("\n") and not quoted
            if found == count:
                return position + 1
        return len(block)

    return length


def _binary_strings(per_column: int) -> Callable[[bytes], int]:
    def length(block: bytes) -> int:
        columns, position = _variable_length(block, 0)
        for _ in range(columns * per_column):
            size, position = _variable_length(block, position)
            position += size
        return position

    return length


def _variable_length(block: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = block[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


_HEADS: dict[str, Callable[[bytes], int]] = {
    "CSVWithNames": _csv_records(1),
    "CSVWithNamesAndTypes": _csv_records(2),
    "JSONCompactEachRowWithNames": _lines(1),
    "JSONCompactEachRowWithNamesAndTypes": _lines(2),
    "RowBinaryWithNames": _binary_strings(1),
    "RowBinaryWithNamesAndTypes": _binary_strings(2),
    "TSVWithNames": _lines(1),
    "TSVWithNamesAndTypes": _lines(2),
    "TabSeparatedWithNames": _lines(1),
    "TabSeparatedWithNamesAndTypes": _lines(2),
}
