"""Reading tables: compression, encodings, delimiters, headers and damaged rows."""

import gzip
import lzma
import os
from pathlib import Path

import pytest

from backend.importing.errors import UnreadableFile
from backend.importing.files import (
    BAD_QUOTES,
    LONG_VALUE,
    LONGEST_VALUE,
    NEVER_CLOSED,
    NULL_CHARACTER,
    Record,
    count_rows,
    open_table,
)
from backend.importing.headers import Header
from backend.importing.outcomes import Refused
from backend.importing.text import Dialect

HEADER = Header(required=("sku", "title"))
CLOSED = Header(required=("sku", "title"), optional=("brand",), prefix="attr:", closed=True)
NOISE = b"sku,title\n" + b"".join(b"%d,%d\n" % (n, n * 7_919 % 104_729) for n in range(5_000))
CONTENT = 'sku,title\n1,"a lamp\nof brass"\n2,Café table\n'.encode()


def refusal(path: Path, *, header: Header = HEADER) -> str:
    with pytest.raises(UnreadableFile) as caught:
        count_rows(path, header=header)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def records(path: Path, *, header: Header = HEADER) -> list[Record]:
    found = list(open_table(path, header=header).records())
    assert all(isinstance(row, Record) for row in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, lzma.compress])
def test_compressed_tables_are_recognised_by_their_content(tmp_path: Path, compress: object) -> None:
    path = tmp_path / "catalogue.txt"
    path.write_bytes(compress(CONTENT))  # type: ignore[operator]
    rows = list(open_table(path, header=HEADER).records())
    assert rows == [Record(3, ["1", "a lamp\nof brass"]), Record(4, ["2", "Café table"])]


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + CONTENT)
    assert open_table(path, header=HEADER).columns == ("sku", "title")


def test_the_error_of_an_unknown_encoding_shows_its_place_and_the_text_in_cp1252(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT + "3,Übertopf\n".encode("cp1252"))
    message = refusal(path)
    assert "line 5, byte 3: expected UTF-8" in message
    assert "'3,Übertopf'. If that is right, add --encoding cp1252" in message
    rows = list(open_table(path, header=HEADER, dialect=Dialect(encoding="cp1252")).records())
    assert rows[-1] == Record(5, ["3", "Übertopf"])


@pytest.mark.parametrize(
    "encoded",
    [
        "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be",
    ],
)  # fmt: skip
def test_utf_8_and_utf_16_are_detected(tmp_path: Path, encoded: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT.decode().encode(encoded))
    assert [row.values for row in records(path)] == [["1", "a lamp\nof brass"], ["2", "Café table"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "sep={}\r\n", "\n"])
def test_the_delimiter_is_detected_from_the_header(tmp_path: Path, delimiter: str, start: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        start.format(delimiter) + 'sku;"title, in words";title\n1;"a, b";c\n'.replace(";", delimiter)
    )
    (row,) = records(path)
    assert row.values == ["1", "a, b", "c"]


def test_columns_are_found_in_any_order_and_case(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Attr: Size, TITLE ,Image-URLs,SKU,,\nM,a,b,1,,\n\n,,,,,\n , ,,,,\n")
    header = Header(("sku", "title"), optional=("image_urls",), prefix="attr:", closed=True)
    assert open_table(path, header=header).columns == ("attr:Size", "title", "image_urls", "sku")
    assert [row.values for row in records(path, header=header)] == [["M", "a", "b", "1"]]


@pytest.mark.parametrize(
    ("text", "line", "reason", "shown"),
    [
        ('1,"a 5" pipe"\n', 2, BAD_QUOTES, ("1", 'a 5 pipe"', '1,"a 5" pipe"')),
        ('1,"never closed\n', 2, BAD_QUOTES, ("1", "never closed", '1,"never closed')),
        (f"1,{'x' * (LONGEST_VALUE + 1)}\n", 2, LONG_VALUE, None),
        ("1,a,b\n", 2, "doesn't have 2 columns, like the header", ("1", "a", "b")),
        ("1\n", 2, "doesn't have 2 columns, like the header", ("1",)),
        ("1,a\0b\n", 2, NULL_CHARACTER, ("1", "a\0b")),
    ],
)
def test_only_the_unreadable_row_is_refused(
    tmp_path: Path, text: str, line: int, reason: str, shown: tuple[str, ...] | None
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'sku,title\n{text}2,"two ""and"" a half"\n3,c\n')
    refused, *kept = list(open_table(path, header=HEADER).records())
    assert isinstance(refused, Refused)
    assert (refused.line, refused.reason) == (line, reason)
    assert shown is None or refused.row == shown
    assert [(row.line, row.values) for row in kept if isinstance(row, Record)] == [
        (3, ["2", 'two "and" a half']),
        (4, ["3", "c"]),
    ]


def test_an_unclosed_value_does_not_affect_the_following_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('sku,title\n1,"never closed\n2,b\n3,c\n')
    refused, *kept = list(open_table(path, header=HEADER).records())
    assert isinstance(refused, Refused)
    assert (refused.line, refused.reason) == (2, NEVER_CLOSED)
    assert kept == [Record(3, ["2", "b"]), Record(4, ["3", "c"])]


def test_the_columns_of_a_file_of_refused_rows_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("line,reason,sku,title\n7,it was bad,1,a\n")
    table = open_table(path, header=CLOSED)
    assert table.columns == table.names == ("sku", "title")
    assert records(path, header=CLOSED) == [Record(2, ["1", "a"])]


def test_the_error_of_a_wrong_header_names_the_missing_and_the_present_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku|title\n1|a\n")
    message = refusal(path)
    assert "lacks the columns sku, title" in message
    assert "Expected: sku,title. Found: sku|title (is the delimiter a comma, semicolon or tab?)" in message


def test_a_closed_format_names_unknown_and_duplicate_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku,title,attr:Size,brnad,sku\n1,a,M,b,2\n")
    message = refusal(path, header=CLOSED)
    assert "has unknown columns brnad" in message
    assert "has duplicate columns sku" in message
    assert "brand, attr:…" in message


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty; expected the header sku,title"),
        (b"sku,title\n", "has a header but no rows"),
        (gzip.compress(NOISE)[:-300], "damaged after line"),
        (lzma.compress(NOISE)[:-300], "damaged after line"),
    ],
)
def test_a_damaged_file_is_refused_as_a_whole(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert complaint in refusal(path)


def test_a_missing_file_a_pipe_and_a_folder_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe" in refusal(tmp_path / "pipe")
    assert "No such file or directory" in refusal(tmp_path / "nowhere.csv")
    assert "Is a directory" in refusal(tmp_path)
