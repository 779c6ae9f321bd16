import gzip
import lzma
import os
from pathlib import Path

import pytest

from backend.importing.errors import UnreadableFile
from backend.importing.files import NULL_CHARACTER, Header, Record, count_rows, open_table
from backend.importing.outcomes import Refused

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


@pytest.mark.parametrize("compress", [bytes, gzip.compress, lzma.compress])
def test_plain_and_compressed_tables_are_read_whatever_their_names(tmp_path: Path, compress: object) -> None:
    path = tmp_path / "catalogue.txt"
    path.write_bytes(compress(CONTENT))  # type: ignore[operator]
    rows = list(open_table(path, header=HEADER).records())
    assert rows == [Record(3, ["1", "a lamp\nof brass"]), Record(4, ["2", "Café table"])]


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + CONTENT)
    assert open_table(path, header=HEADER).columns == ("sku", "title")


def test_a_row_with_the_wrong_number_of_columns_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku,title\n1,a,b\n\n2,c\n")
    refused, kept = open_table(path, header=HEADER).records()
    assert isinstance(refused, Refused)
    assert (refused.line, refused.row) == (2, ("1", "a", "b"))
    assert kept == Record(4, ["2", "c"])


def test_a_row_with_a_null_character_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku,title\n1,a\0b\n2,c\n")
    refused, kept = open_table(path, header=HEADER).records()
    assert isinstance(refused, Refused)
    assert (refused.line, refused.reason) == (2, NULL_CHARACTER)
    assert kept == Record(3, ["2", "c"])


def test_an_error_of_encoding_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT + "3,Übertopf\n".encode("latin-1"))
    message = refusal(path)
    assert "line 5, byte 3" in message
    assert "expected UTF-8" in message


def test_the_error_of_a_wrong_header_names_the_missing_and_the_present_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku;title\n1;a\n")
    message = refusal(path)
    assert "lacks the columns sku, title" in message
    assert "Expected: sku,title. Found: sku;title (are they separated by commas?)" in message


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
        (b'sku,title\n1,"never closed\n', "line 2: not valid CSV"),
        (gzip.compress(NOISE)[:-300], "damaged after line"),
        (lzma.compress(NOISE)[:-300], "damaged after line"),
    ],
)
def test_a_damaged_file_is_refused_as_a_whole(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert complaint in refusal(path)


def test_the_error_of_a_missing_file_or_a_pipe_says_so(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe" in refusal(tmp_path / "pipe")
    assert "No such file or directory" in refusal(tmp_path / "nowhere.csv")
    assert "Is a directory" in refusal(tmp_path)
