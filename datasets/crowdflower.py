"""Convert the products of a set of relevance judgments: id, title, and a description with some HTML.

The data set has no prices or categories. The products get a price of zero and no stock, so they can be found
but not bought.
"""

import html
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from datasets.rows import Converted, ConvertedRow, RefusedRow, SourceRow

COLUMNS = ("product_id", "title", "description")
LONGEST_TITLE = 300
INVISIBLE = frozenset({"script", "style"})
SPACES = re.compile(r"\s+")

NO_ID = "has no product id"
NO_TITLE = "has no title"
DUPLICATE_ID = "an earlier row has the same product id"


class _Text(HTMLParser):
    """Collects the visible text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._invisible = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._invisible += tag in INVISIBLE
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._invisible -= tag in INVISIBLE and self._invisible > 0
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._invisible:
            self.parts.append(data)


def convert(rows: Iterable[SourceRow]) -> Iterator[Converted]:
    """Yield the products in the order of the file, at a price of zero."""
    seen: set[str] = set()
    for row in rows:
        reference, raw_title, description = map(str.strip, row.values)
        title = SPACES.sub(" ", html.unescape(raw_title)).strip()
        if not reference or not title:
            yield RefusedRow(row, NO_TITLE if reference else NO_ID)
        elif reference in seen:
            yield RefusedRow(row, DUPLICATE_ID)
        else:
            seen.add(reference)
            yield _converted(row, reference=reference, title=title, description=description)


def _converted(row: SourceRow, *, reference: str, title: str, description: str) -> ConvertedRow:
    values = {
        "sku": f"crowdflower-{reference}",
        "product": reference,
        "title": title[:LONGEST_TITLE].strip(),
        "description": plain_text(description),
        "price": "0",
    }
    return ConvertedRow(values=values, source=row)


def plain_text(markup: str) -> str:
    """Return the visible text of `markup` on one line."""
    parser = _Text()
    parser.feed(markup)
    parser.close()
    return SPACES.sub(" ", "".join(parser.parts)).strip()
