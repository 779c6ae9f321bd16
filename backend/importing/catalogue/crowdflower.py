"""Products of a set of relevance judgments: id, title, and a description full of remains of web pages.

The file knows no prices and no categories: its products are listed at nothing and, without stock, can be
found but not bought.
"""

import html
import re
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

from backend.catalog.bulk import ImportedProduct, ImportedVariant
from backend.importing.catalogue.row import LONGEST_TITLE, UNCATEGORISED, CatalogRow
from backend.importing.files import Header, open_table
from backend.importing.outcomes import Refused

HEADER = Header(required=("product_id", "title", "description"))
UNSEEN = frozenset({"script", "style"})
BLANKS = re.compile(r"\s+")

NO_ID = "has no product id"
NO_TITLE = "has no title"
GIVEN_BEFORE = "the product id was given before"


class _Text(HTMLParser):
    """Collects what a browser would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in UNSEEN
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in UNSEEN and self._hidden > 0
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def plain_text(markup: str) -> str:
    """Return what a browser would show of `markup`, on one line."""
    parser = _Text()
    parser.feed(markup)
    parser.close()
    return BLANKS.sub(" ", "".join(parser.parts)).strip()


def read(path: Path, *, currency: str) -> Iterator[CatalogRow | Refused]:
    """Yield the products in the order of the file, priced at nothing in `currency`."""
    table = open_table(path, header=HEADER)
    positions = table.positions(HEADER.required)
    seen: set[str] = set()
    for record in table.records():
        if isinstance(record, Refused):
            yield record
            continue
        row = tuple(record.values[position] for position in positions)
        outcome = _outcome(record.line, row=row, currency=currency)
        if isinstance(outcome, CatalogRow):
            if outcome.product.reference in seen:
                outcome = Refused(record.line, GIVEN_BEFORE, row)
            else:
                seen.add(outcome.product.reference)
        yield outcome


def _outcome(line: int, *, row: tuple[str, ...], currency: str) -> CatalogRow | Refused:
    reference, raw_title, description = map(str.strip, row)
    title = BLANKS.sub(" ", html.unescape(raw_title)).strip()
    if not reference or not title:
        return Refused(line, NO_TITLE if reference else NO_ID, row)
    product = ImportedProduct(
        reference=reference,
        title=title[:LONGEST_TITLE],
        description=plain_text(description),
        category=UNCATEGORISED,
        price=Decimal(0),
        currency=currency,
        variants=(ImportedVariant(sku=f"crowdflower-{reference}"),),
    )
    return CatalogRow(product=product, line=line, row=row)
