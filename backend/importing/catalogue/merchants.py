"""Functions that the readers of other shops' exports share."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from backend.catalog.models import MAX_WEIGHT_GRAMS
from backend.catalog.pricing import sale_price
from backend.importing.catalogue.offers import BAD_COUNT, EXTRA
from backend.importing.errors import InvalidValue
from backend.importing.numbers import COMMA, POINT, plain
from backend.importing.rows import Kind, Row
from backend.importing.values import LONGEST_REFERENCE, number, price

PERCENT_STEP = Decimal("1e-8")
DIGEST_LENGTH = 16
WEIGHT_PLACES = 20
EXEMPT = "exempt"
"""The tax class of products that the other shop doesn't tax."""

INEXACT = "the sale price can't be computed exactly from the list price"
MADE_SKU = "had no SKU, so one was made from the name of its product and its options"
UNTAXED = f"isn't taxed in the file, so its tax class is {EXEMPT!r}, which needs a tax rate of 0"
OVERSOLD = "the stock was negative (more units were sold than existed), so it was imported as 0"


def short_reference(text: str) -> str:
    """Return `text`, or its beginning and a digest if it is too long for a reference or a SKU."""
    if len(text) <= LONGEST_REFERENCE:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
    return f"{text[: LONGEST_REFERENCE - DIGEST_LENGTH - 1]}-{digest}"


def made_sku(product: str, options: Sequence[str]) -> str:
    """Return a SKU for a variant without one; the same product and options always have the same."""
    return short_reference("-".join([product, *(option for option in options if option)]))


def amount(row: Row, column: str, *, currency: str, mark: str | None) -> Decimal | None:
    """Return the amount in a column, or None if there is none.

    Raises:
        InvalidValue: it is not an amount in `currency`.
    """
    text = row.values.get(column)
    if not text:
        return None
    return price(plain(text, mark=mark or POINT, currency=currency), column=column, currency=currency)


def prices(*, listed: Decimal, paid: Decimal, currency: str) -> dict[str, str]:
    """Return our price columns for the price `paid` now and the earlier price `listed`, if that was higher.

    Raises:
        InvalidValue: no discount percentage gives exactly the price paid.
    """
    if listed <= paid:
        return {"price": f"{paid:f}", "discount_percentage": "0"}
    discount = ((1 - paid / listed) * 100).quantize(PERCENT_STEP)
    if sale_price(listed, discount_percentage=discount, currency=currency) != paid:
        raise InvalidValue(INEXACT)
    return {"price": f"{listed:f}", "discount_percentage": f"{discount:f}"}


def stock(text: str, *, mark: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the units in stock as our column has them, and remarks.

    Raises:
        InvalidValue: it is not a number.
    """
    if text.startswith("-") and text[1:].isdigit():
        return "0", (OVERSOLD,)
    units = plain(text, mark=mark or POINT)
    if not units:
        raise InvalidValue(BAD_COUNT)
    return units, ()


def whole_grams(text: str, *, grams: Decimal, column: str, mark: str | None) -> str:
    """Return a weight in units of `grams` grams as whole grams; empty if `text` is.

    Raises:
        InvalidValue: it is not a number, or is too heavy.
    """
    if not text:
        return ""
    fault = f"{column} must be a number like 1.25, of at most {MAX_WEIGHT_GRAMS // 1_000:,} kg"
    # Exports write weights with a decimal point, whatever prices have, but a spreadsheet may have changed it.
    amount = plain(text, mark=COMMA) if mark == COMMA and COMMA in text else text
    # WooCommerce writes .35 for 0.35.
    amount = f"0{amount}" if amount.startswith(".") else amount
    weight = number(amount, highest=MAX_WEIGHT_GRAMS / grams, places=WEIGHT_PLACES, fault=fault)
    return str((weight * grams).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def extra_attributes(row: Row) -> dict[str, str]:
    """Return the extra columns of the file that are imported as attributes."""
    return {name: value for name, value in row.values.items() if name.startswith(EXTRA) and value}


def converted(row: Row, values: Mapping[str, str], *, remarks: Sequence[str] = ()) -> Row:
    """Return a row of our format that has all fields of its product."""
    return replace(row, values=values, remarks=tuple(remarks), is_self_contained=True)


def faulty(rows: Sequence[Row], fault: str, *, product: str, kind: Kind = Kind.VARIANT) -> Iterator[Row]:
    """Yield the rows of a product as refused."""
    for row in rows:
        yield replace(row, values={"product": product, "sku": ""}, fault=fault, kind=kind)
