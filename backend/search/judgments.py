"""Reads the CSV files of an evaluation: products, and relevance judgments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.importing.errors import UnreadableFile
from backend.importing.files import Record, open_table
from backend.importing.headers import Header
from backend.search.evaluation import bare_product
from indexing.document import ProductDocument
from indexing.request import MAX_QUERY_LENGTH

PRODUCTS = Header(("product_id", "title"), optional=("description", "brand", "category", "popularity"))
JUDGMENTS = Header(("query", "product_id", "grade"))
MAX_ID = 2**63 - 1
MAX_GRADE = 10

_WHOLE = re.compile(r"[0-9]{1,19}")
_NUMBER = re.compile(r"[0-9]{1,19}(\.[0-9]{0,19})?|\.[0-9]{1,19}")


def read_products(path: Path) -> Iterator[ProductDocument]:
    """Yield the products of a file; columns that it lacks are empty.

    Raises:
        UnreadableFile: the file or one of its rows can't be used; the message names the line and the column.
    """
    seen: set[int] = set()
    for row in _rows(path, header=PRODUCTS):
        product_id = row.whole("product_id", most=MAX_ID)
        if product_id in seen:
            raise row.error(f"product_id {product_id} occurs twice")
        seen.add(product_id)
        yield bare_product(
            product_id,
            title=row.text("title"),
            description=row.text("description"),
            brand=row.text("brand"),
            category=row.text("category"),
            popularity=row.whole("popularity", most=MAX_ID) if row.text("popularity") else 0,
        )


def read_judgments(path: Path) -> Iterator[tuple[str, int, float]]:
    """Yield the query, product and grade of each row of a file.

    Raises:
        UnreadableFile: the file or one of its rows can't be used; the message names the line and the column.
    """
    for row in _rows(path, header=JUDGMENTS):
        query = row.text("query")
        if not query or len(query) > MAX_QUERY_LENGTH:
            raise row.error(f"query has {len(query)} characters, expected 1 to {MAX_QUERY_LENGTH} characters")
        yield query, row.whole("product_id", most=MAX_ID), row.number("grade", most=MAX_GRADE)


@dataclass(frozen=True, slots=True)
class _Row:
    path: Path
    line: int
    values: dict[str, str]

    def error(self, problem: str) -> UnreadableFile:
        return UnreadableFile(f"{self.path}: line {self.line}: {problem}")

    def text(self, column: str) -> str:
        return self.values.get(column, "").strip()

    def whole(self, column: str, *, most: int) -> int:
        text = self.text(column)
        if not _WHOLE.fullmatch(text) or int(text) > most:
            raise self.error(f"{column} is {text!r}, expected a whole number from 0 to {most}")
        return int(text)

    def number(self, column: str, *, most: int) -> float:
        text = self.text(column)
        if not _NUMBER.fullmatch(text) or float(text) > most:
            raise self.error(f"{column} is {text!r}, expected a number from 0 to {most} such as 2 or 2.33")
        return float(text)


def _rows(path: Path, *, header: Header) -> Iterator[_Row]:
    table = open_table(path, header=header)
    names = [name for name in (*header.required, *header.optional) if name in table.columns]
    places = table.positions(names)
    for record in table.records():
        if not isinstance(record, Record):
            raise UnreadableFile(f"{path}: line {record.line}: {record.reason}")
        values = {name: record.values[place] for name, place in zip(names, places, strict=True)}
        yield _Row(path, record.line, values)
