"""Which of the candidates a shopper is shown: one statement applies the rules and returns the cards.

Left out are products that are not listed, those that the shopper sells, has bought (orders that were not
cancelled; some slots show these) or has in the cart. Sold out products follow all others.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from backend.api.compiled_queries import fetch_rows
from backend.api.statements import statement
from backend.catalog.cards import CARD_COLUMNS, Card, CardRow, card, card_columns
from backend.catalog.promoted import add_live_values
from backend.catalog.visibility import Ownership

SQL = Path(__file__).parent / "sql"
MAX_SCANNED = 2_000
"""How many of the catalogue's most popular products are searched for products in stock."""


class Because(NamedTuple):
    """The listed product that explains a recommendation."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is shown a list: an account, and the guest's cart of the request.

    `guest` is the SHA-256 of its cart token, or empty. `bought_too` is whether the list may have products
    that the account has bought.
    """

    user_id: int | None = None
    guest: str = ""
    bought_too: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A product that the rules allow; `popularity` is that of a popular product, otherwise 0."""

    card: Card
    because: Because | None
    popularity: int


@dataclass(frozen=True, slots=True)
class Allowed:
    """The result of a statement: products in stock, sold out ones, and the page's own product.

    `ownership` is None if the product doesn't exist, or no page was asked for.
    """

    in_stock: list[Shown] = field(default_factory=list)
    sold_out: list[Shown] = field(default_factory=list)
    ownership: Ownership | None = None


def shown(
    candidates: Sequence[tuple[int, int | None]], *, viewer: Viewer, limit: int, page: int | None = None
) -> Allowed:
    """Return the first `limit` allowed candidates; each is an id with the id that explains it, or None.

    The product `page`, on whose page the list is, is returned whether or not it is listed.
    """
    asked: dict[str, Any] = {"candidates": candidates, "page": page, "rows": limit}
    if page is not None:
        asked |= {"candidates": [(page, None), *candidates], "rows": limit + 1}
    return _page("candidates", asked, viewer=viewer, limit=limit)


def popular_products(
    *, viewer: Viewer, limit: int, skipped: Collection[int], sold_out_too: bool = False
) -> Allowed:
    """Return the first `limit` allowed products of the catalogue's most popular ones, without `skipped`."""
    asked = {"page": None, "rows": limit, "skipped": list(skipped), "sold_out_too": sold_out_too}
    return _page("popular", asked, viewer=viewer, limit=limit)


def products_in_cart(viewer: Viewer, *, most: int) -> list[int]:
    """Return the products in the account's cart and in the guest's, those that were added last first."""
    if viewer.user_id is None and not viewer.guest:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement(SQL, "cart"), [viewer.user_id, viewer.guest])
        return list(dict.fromkeys(product for (product,) in cursor.fetchall()))[:most]


def _page(wanted: str, asked: dict[str, Any], *, viewer: Viewer, limit: int) -> Allowed:
    who = {"user": viewer.user_id, "guest": viewer.guest, "bought_too": viewer.bought_too}
    parameter = json.dumps({**asked, **who})
    sql = _sql(wanted, connection.vendor, card_columns.sql(), MAX_SCANNED)
    rows = fetch_rows(connection, sql, parameter)
    card_columns.convert(rows)
    found, left = Allowed(), limit
    for row in rows:
        product = CardRow(*row[: len(CARD_COLUMNS)])
        is_active, variants, units, popularity, because, title = row[len(CARD_COLUMNS) :]
        if product.id == asked["page"]:
            found = Allowed(ownership=Ownership(product.seller_id, bool(is_active)))
        elif left:
            left -= 1
            one = Shown(
                card(product, variant_count=variants, in_stock=units > 0),
                None if because is None else Because(because, title),
                popularity,
            )
            (found.in_stock if units > 0 else found.sold_out).append(one)
    add_live_values([one.card for one in (*found.in_stock, *found.sold_out)], now=timezone.now())
    return found


@cache
def _sql(wanted: str, _vendor: str, columns: str, scanned: int) -> str:
    """Return the statement for this database, which chooses products by the file `wanted`."""
    chosen = statement(SQL, wanted).replace("{scanned}", str(scanned))
    parts = {"columns": columns, "hidden": statement(SQL, "hidden"), "wanted": chosen}
    return statement(SQL, "shown").format(**parts)
