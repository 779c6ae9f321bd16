"""WooCommerce's export of products (Products > Export), in English.

A simple product is one row. A variable product is a row of its own and one for each variation, anywhere in
the file; `Parent` has the SKU of the product or, as in "id:123", its ID. Values of a list are separated by
commas, a comma in a value is written as a backslash and a comma.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

from backend.catalog.models import PATH_SEPARATOR, STANDARD_TAX_CLASS
from backend.importing.catalogue import plain_csv
from backend.importing.catalogue.merchants import (
    EXEMPT,
    MADE_SKU,
    UNTAXED,
    amount,
    converted,
    extra_attributes,
    faulty,
    made_sku,
    prices,
    short_reference,
    stock,
    whole_grams,
)
from backend.importing.catalogue.offers import ATTRIBUTE
from backend.importing.catalogue.reading import resolved, with_extra_attributes
from backend.importing.catalogue.row import Outcomes, Reading
from backend.importing.errors import InvalidValue
from backend.importing.files import Table, open_table
from backend.importing.grouping import grouped
from backend.importing.headers import Header
from backend.importing.outcomes import Refused
from backend.importing.rows import Kind, Row, rows_of

ID, TYPE, SKU, NAME, PARENT = "ID", "Type", "SKU", "Name", "Parent"
REGULAR, SALE, STOCK, IN_STOCK = "Regular price", "Sale price", "Stock", "In stock?"
STARTS, ENDS = "Date sale price starts", "Date sale price ends"
TAX_STATUS, TAX_CLASS = "Tax status", "Tax class"
WEIGHTS = {
    "Weight (kg)": Decimal(1_000),
    "Weight (g)": Decimal(1),
    "Weight (lbs)": Decimal("453.59237"),
    "Weight (oz)": Decimal("28.349523125"),
}
"""The grams in one unit of each column; a file has the column of the shop's unit."""
MOST_ATTRIBUTES = 50
ATTRIBUTES = tuple(
    (f"Attribute {number} name", f"Attribute {number} value(s)") for number in range(1, MOST_ATTRIBUTES + 1)
)
UNUSED = tuple(
    f"Attribute {number} {what}"
    for number in range(1, MOST_ATTRIBUTES + 1)
    for what in ("visible", "global", "default")
)
HEADER = Header(
    required=(ID, TYPE, SKU, NAME, REGULAR),
    optional=(
        PARENT, "Published", "Visibility in catalog", "Short description", "Description", STARTS, ENDS,
        IN_STOCK, STOCK, SALE, TAX_STATUS, TAX_CLASS, *WEIGHTS, "Categories", "Brands", "Images",
        *(column for pair in ATTRIBUTES for column in pair), *UNUSED,
    ),
)  # fmt: skip
SIMPLE, VARIABLE, VARIATION = "simple", "variable", "variation"
TYPE_FLAGS = frozenset({"downloadable", "virtual"})
PUBLISHED = {"": True, "1": True, "0": False, "-1": False, "2": False}
VISIBLE = {"": True, "visible": True, "catalog": True, "search": True, "hidden": False}
FROM_PARENT = "parent"
TAXED = {"": True, "taxable": True, "shipping": False, "none": False}
COMMA = re.compile(r"(?<!\\),")

NO_NAME = "has neither an ID nor a SKU"
NO_PARENT = "is a variation of a product that the file doesn't have"
NO_VARIATIONS = "is a variable product, but the file has none of its variations"
NO_PRICE = "has no Regular price"
TWICE = "the file has another product with its SKU"
OTHER_TYPE = (
    "is neither a simple nor a variable product (a grouped, external or other one), so it is not imported"
)
NOT_PUBLISHED = "is a variation that is not published, so it is not imported"
BAD_PUBLISHED = (
    "Published must be 1, 0, -1 or 2, and Visibility in catalog visible, catalog, search or hidden"
)
BAD_TAX_STATUS = "Tax status must be taxable, shipping or none"
DATED_SALE = "the sale price is limited in time, so it was left out: create a promotion for it"
PARENTS_STOCK = "its stock is that of all variations of the product together, so none was recorded"
NOT_MANAGED = "its stock isn't managed in the file, so none was recorded"
CATEGORIES = "is in several categories, of which the first was used"

resolve = partial(resolved, header=HEADER, numbers=(REGULAR, SALE, STOCK))


def read(path: Path, *, reading: Reading) -> Outcomes:
    """Yield the refused rows of the file and its products."""
    table = open_table(path, header=HEADER, dialect=reading.dialect)
    rows = with_extra_attributes(rows_of(table), table=table, header=HEADER, reading=reading)
    key = partial(_product_of, skus=_skus_of_variable(table))
    return plain_csv.products(_rows(grouped(rows, key=key), reading=reading), currency=reading.currency)


def _skus_of_variable(table: Table) -> dict[str, str]:
    """Return the SKUs of variable products by ID, because variations may name their parent by either."""
    return {
        f"id:{row.values[ID]}": row.values[SKU]
        for row in rows_of(table)
        if not isinstance(row, Refused) and row.values[SKU] and _type(row) == VARIABLE
    }


def _type(row: Row) -> str:
    """Return the type of a product without the flags that may follow it, as in "simple, virtual"."""
    names = {name.strip().casefold() for name in row.values[TYPE].split(",")} - TYPE_FLAGS
    return names.pop() if len(names) == 1 else ""


def _own_name(row: Row) -> str:
    return row.values[SKU] or (f"id:{row.values[ID]}" if row.values[ID] else "")


def _product_of(row: Row, *, skus: Mapping[str, str]) -> str:
    parent = row.values.get(PARENT, "") if _type(row) == VARIATION else _own_name(row)
    return skus.get(parent, parent)


def _rows(groups: Iterator[list[Row] | Refused], *, reading: Reading) -> Iterator[Row | Refused]:
    for group in groups:
        if isinstance(group, Refused):
            yield group
        else:
            yield from _product(group, reading=reading)


def _product(group: Sequence[Row], *, reading: Reading) -> Iterator[Row]:
    variations = [row for row in group if _type(row) == VARIATION]
    parents = [row for row in group if _type(row) != VARIATION]
    if not parents or not _own_name(parents[0]):
        yield from faulty(group, NO_NAME if parents else NO_PARENT, product="")
        return
    main, *others = parents
    reference = short_reference(_own_name(main))
    yield from faulty(others, TWICE, product=reference)
    if _type(main) not in (SIMPLE, VARIABLE):
        yield from faulty([main, *variations], OTHER_TYPE, product=reference, kind=Kind.LEFT_OUT)
    elif _type(main) == VARIABLE and not variations:
        yield from faulty([main], NO_VARIATIONS, product=reference)
    else:
        yield from _variants(main, variations=variations, reference=reference, reading=reading)


def _variants(main: Row, *, variations: Sequence[Row], reference: str, reading: Reading) -> Iterator[Row]:
    try:
        shared, remarks = _shared(main, variations=variations, reference=reference)
    except InvalidValue as fault:
        yield from faulty([main, *variations], str(fault), product=reference)
        return
    if variations:
        yield replace(main, values={"product": reference, "sku": ""}, kind=Kind.COMPANION)
    for row in variations or [main]:
        try:
            if row is not main and not _flag(row, "Published", PUBLISHED):
                yield from faulty([row], NOT_PUBLISHED, product=reference, kind=Kind.LEFT_OUT)
                continue
            yield _variant(row, main=main, shared=shared, remarks=remarks, reading=reading)
        except InvalidValue as fault:
            yield from faulty([row], str(fault), product=reference)
        remarks = ()


def _flag(row: Row, column: str, flags: Mapping[str, bool]) -> bool:
    flag = flags.get(row.values.get(column, "").casefold())
    if flag is None:
        raise InvalidValue(BAD_PUBLISHED)
    return flag


def _shared(
    main: Row, *, variations: Sequence[Row], reference: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the values of our columns that all variants of a product share, and remarks."""
    values = main.values
    category, remarks = _category(values.get("Categories", ""))
    tax_class = _tax_class(main)
    if tax_class == EXEMPT:
        remarks = (*remarks, UNTAXED)
    is_active = _flag(main, "Published", PUBLISHED) and _flag(main, "Visibility in catalog", VISIBLE)
    description = values.get("Description") or values.get("Short description", "")
    varying = {name for row in variations for name in _attributes(row)}
    own = {name: value for name, value in _attributes(main).items() if name not in varying}
    shared = {
        "product": reference,
        # WordPress keeps titles as HTML.
        "title": html.unescape(values[NAME]),
        "description": _lines(description),
        "brand": ", ".join(_listed(values.get("Brands", ""))),
        "category": category,
        "tax_class": tax_class,
        "image_urls": " ".join(_listed(values.get("Images", ""))),
        "is_active": "true" if is_active else "false",
        **extra_attributes(main),
        **{f"{ATTRIBUTE}{name}": value for name, value in own.items()},
    }
    return shared, remarks


def _variant(
    row: Row, *, main: Row, shared: Mapping[str, str], remarks: Sequence[str], reading: Reading
) -> Row:
    listed = amount(row, REGULAR, currency=reading.currency, mark=reading.mark)
    if listed is None:
        raise InvalidValue(NO_PRICE)
    sale = amount(row, SALE, currency=reading.currency, mark=reading.mark)
    found = [*remarks]
    if sale is not None and (row.values.get(STARTS) or row.values.get(ENDS)):
        found.append(DATED_SALE)
        sale = None
    units, of_stock = _stock(row, mark=reading.mark)
    options = {} if row is main else _attributes(row)
    sku = row.values[SKU]
    if not sku:
        found.append(MADE_SKU)
    values = {
        **shared,
        **extra_attributes(row),
        **{f"{ATTRIBUTE}{name}": value for name, value in options.items()},
        **prices(
            listed=listed, paid=listed if sale is None else min(sale, listed), currency=reading.currency
        ),
        "sku": sku or made_sku(shared["product"], list(options.values())),
        "variant_name": " / ".join(options.values()),
        "stock": units,
        "weight_grams": _weight(row, mark=reading.mark) or _weight(main, mark=reading.mark),
        "tax_class": shared["tax_class"]
        if row is main
        else _own_tax_class(row, of_product=shared["tax_class"]),
        "variant_image_url": "" if row is main else " ".join(_listed(row.values.get("Images", ""))[:1]),
    }
    return converted(row, values, remarks=(*found, *of_stock))


def _stock(row: Row, *, mark: str | None) -> tuple[str, tuple[str, ...]]:
    units = row.values.get(STOCK, "")
    if units == FROM_PARENT:
        return "", (PARENTS_STOCK,)
    if units:
        return stock(units, mark=mark)
    # Without a count the product is out of stock, or WooCommerce sells it without counting units.
    return ("0", ()) if row.values.get(IN_STOCK) == "0" else ("", (NOT_MANAGED,))


def _weight(row: Row, *, mark: str | None) -> str:
    found = (
        whole_grams(row.values.get(name, ""), grams=grams, column=name, mark=mark)
        for name, grams in WEIGHTS.items()
    )
    return next(filter(None, found), "")


def _tax_class(main: Row) -> str:
    """Return the tax class of a product; empty if it is taxed and the file has no tax classes."""
    taxed = TAXED.get(main.values.get(TAX_STATUS, "").casefold())
    if taxed is None:
        raise InvalidValue(BAD_TAX_STATUS)
    if not taxed:
        return EXEMPT
    if TAX_CLASS not in main.values:
        return ""
    return main.values[TAX_CLASS] or STANDARD_TAX_CLASS


def _own_tax_class(row: Row, *, of_product: str) -> str:
    """Return the tax class of a variation; its tax status is that of the product."""
    own = row.values.get(TAX_CLASS, FROM_PARENT)
    return of_product if own == FROM_PARENT or of_product == EXEMPT else own or STANDARD_TAX_CLASS


def _attributes(row: Row) -> dict[str, str]:
    """Return the attributes of a row that have a value; several values are joined."""
    return {
        row.values[name]: ", ".join(_listed(row.values[value]))
        for name, value in ATTRIBUTES
        if row.values.get(name) and row.values.get(value)
    }


def _listed(text: str) -> list[str]:
    """Return the values of a list, in which a comma that belongs to a value has a backslash."""
    return [value for part in COMMA.split(text) if (value := part.strip().replace("\\,", ","))]


def _lines(text: str) -> str:
    r"""Return a description with line breaks, which are exported as \n, and \n as \\n."""
    return text.replace("\\\\n", "\0").replace("\\n", "\n").replace("\0", "\\n")


def _category(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the first category that isn't an ancestor of another one in the list, and remarks."""
    paths = [PATH_SEPARATOR.join(map(str.strip, path.split(">"))) for path in _listed(text)]
    lowest = [
        path for path in paths if not any(other.startswith(f"{path}{PATH_SEPARATOR}") for other in paths)
    ]
    return (lowest[0] if lowest else ""), ((CATEGORIES,) if len(lowest) > 1 else ())
