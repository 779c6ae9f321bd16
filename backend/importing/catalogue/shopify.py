"""Shopify's export of products, with the names of its columns before and since 2025.

Rows with the same handle are one product. The first row has the product's fields; each row with an option, a
SKU or a price is a variant; a row with only an image adds the image. The price is the current one, and the
"compare at" price an earlier, higher one.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path

from backend.catalog.models import STANDARD_TAX_CLASS
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
from backend.importing.catalogue.offers import ATTRIBUTE, FLAGS
from backend.importing.catalogue.reading import resolved, with_extra_attributes
from backend.importing.catalogue.row import Outcomes, Reading
from backend.importing.errors import InvalidValue
from backend.importing.files import open_table
from backend.importing.grouping import grouped
from backend.importing.headers import Header
from backend.importing.outcomes import Refused
from backend.importing.rows import Kind, Row, rows_of

HANDLE, TITLE, SKU, IMAGE = "Handle", "Title", "Variant SKU", "Image Src"
PRICE, COMPARED, STOCK = "Variant Price", "Variant Compare At Price", "Variant Inventory Qty"
TRACKER = "Variant Inventory Tracker"
GRAMS, TAXABLE = "Variant Grams", "Variant Taxable"
OPTIONS = tuple((f"Option{number} Name", f"Option{number} Value") for number in (1, 2, 3))
HEADER = Header(
    required=(HANDLE, TITLE, PRICE),
    optional=(
        "Body (HTML)",
        "Vendor",
        "Product Category",
        "Type",
        "Published",
        *(column for option in OPTIONS for column in option),
        SKU,
        TRACKER,
        STOCK,
        COMPARED,
        GRAMS,
        TAXABLE,
        IMAGE,
        "Image Position",
        "Variant Image",
        "Gift Card",
        "Status",
    ),
    aliases={
        "URL handle": HANDLE,
        "Description": "Body (HTML)",
        "Standard Product Type": "Product Category",
        "Custom Product Type": "Type",
        "Published on online store": "Published",
        "SKU": SKU,
        "Inventory tracker": TRACKER,
        "Inventory quantity": STOCK,
        "Price": PRICE,
        "Compare-at price": COMPARED,
        "Weight value (grams)": GRAMS,
        "Charge tax": TAXABLE,
        "Product image URL": IMAGE,
        "Image source": IMAGE,
        "Variant image URL": "Variant Image",
    },
)
ACTIVE = {"": True, "active": True, "draft": False, "archived": False, "unlisted": False}
NO_OPTION = ("Title", "Default Title")
UNCATEGORISED = "uncategorized"
LAST = 1_000_000

NO_HANDLE = "has no Handle"
NO_TITLE = "no row of its product has a Title"
NO_PRICE = "has no Variant Price"
NOTHING = "is neither a variant (an option, SKU or price) nor an image"
NO_OPTION_NAME = "has the value of an option, but no row of its product has the option's name"
BAD_STATUS = "Status must be active, draft, archived or unlisted, and Published must be true or false"
BAD_TAXABLE = "Variant Taxable must be true or false"
GIFT_CARD = "is a gift card, which is not imported"
NOT_TRACKED = "its stock isn't tracked in the file, so none was recorded"

resolve = partial(resolved, header=HEADER, numbers=(PRICE, COMPARED, STOCK))


def read(path: Path, *, reading: Reading) -> Outcomes:
    """Yield the refused rows of the file and its products."""
    table = open_table(path, header=HEADER, dialect=reading.dialect)
    rows = with_extra_attributes(rows_of(table), table=table, header=HEADER, reading=reading)
    return plain_csv.products(_rows(grouped(rows, key=_handle), reading=reading), currency=reading.currency)


def _handle(row: Row) -> str:
    return row.values[HANDLE]


def _rows(groups: Iterator[list[Row] | Refused], *, reading: Reading) -> Iterator[Row | Refused]:
    for group in groups:
        if isinstance(group, Refused):
            yield group
        else:
            yield from _product(group, reading=reading)


def _product(group: Sequence[Row], *, reading: Reading) -> Iterator[Row]:
    reference = short_reference(group[0].values[HANDLE])
    main = next((row for row in group if row.values[TITLE]), None)
    if not reference or main is None:
        yield from faulty(group, NO_TITLE if reference else NO_HANDLE, product=reference)
        return
    if FLAGS.get(main.values.get("Gift Card", "").casefold()):
        yield from faulty(group, GIFT_CARD, product=reference, kind=Kind.LEFT_OUT)
        return
    try:
        shared = _shared(group, main=main, reference=reference)
    except InvalidValue as fault:
        yield from faulty(group, str(fault), product=reference)
        return
    for row in group:
        if row is not main and not _is_variant(row):
            yield from _companion(row, reference=reference)
            continue
        try:
            yield _variant(row, main=main, shared=shared, reading=reading)
        except InvalidValue as fault:
            yield from faulty([row], str(fault), product=reference)


def _is_variant(row: Row) -> bool:
    return any(row.values.get(column) for column in (PRICE, SKU, *(value for _, value in OPTIONS)))


def _companion(row: Row, *, reference: str) -> Iterator[Row]:
    is_image = bool(row.values.get(IMAGE))
    yield from faulty(
        [row],
        "" if is_image else NOTHING,
        product=reference,
        kind=Kind.COMPANION if is_image else Kind.VARIANT,
    )


def _shared(group: Sequence[Row], *, main: Row, reference: str) -> dict[str, str]:
    """Return the values of our columns that all variants of a product share."""
    values = main.values
    active = ACTIVE.get(values.get("Status", "").casefold())
    published = FLAGS.get(values.get("Published", "").casefold() or "true")
    if active is None or published is None:
        raise InvalidValue(BAD_STATUS)
    category = values.get("Product Category", "")
    if category.casefold() in ("", UNCATEGORISED):
        category = values.get("Type", "")
    return {
        "product": reference,
        "title": values[TITLE],
        "description": values.get("Body (HTML)", ""),
        "brand": values.get("Vendor", ""),
        "category": category,
        "image_urls": " ".join(_images(group)),
        "is_active": "true" if active and published else "false",
        **extra_attributes(main),
    }


def _images(group: Sequence[Row]) -> list[str]:
    """Return the URLs of a product's images in the order of their positions, each once."""
    found = [row.values for row in group if row.values.get(IMAGE)]
    ordered = sorted(found, key=lambda values: _position(values.get("Image Position", "")))
    return list(dict.fromkeys(values[IMAGE] for values in ordered))


def _position(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else LAST


def _variant(row: Row, *, main: Row, shared: dict[str, str], reading: Reading) -> Row:
    paid = amount(row, PRICE, currency=reading.currency, mark=reading.mark)
    if paid is None:
        raise InvalidValue(NO_PRICE)
    listed = amount(row, COMPARED, currency=reading.currency, mark=reading.mark) or paid
    options = _options(row, main=main)
    units, remarks = _stock(row, mark=reading.mark)
    tax_class = _tax_class(row)
    if tax_class == EXEMPT:
        remarks = (*remarks, UNTAXED)
    sku = row.values.get(SKU, "")
    values = {
        **shared,
        **extra_attributes(row),
        **{f"{ATTRIBUTE}{name}": value for name, value in options.items()},
        **prices(listed=listed, paid=paid, currency=reading.currency),
        "sku": sku or made_sku(shared["product"], list(options.values())),
        "variant_name": " / ".join(options.values()),
        "stock": units,
        "weight_grams": _weight(row, mark=reading.mark),
        "tax_class": tax_class,
        "variant_image_url": row.values.get("Variant Image", ""),
    }
    return converted(row, values, remarks=remarks if sku else (*remarks, MADE_SKU))


def _weight(row: Row, *, mark: str | None) -> str:
    grams = whole_grams(row.values.get(GRAMS, ""), grams=Decimal(1), column=GRAMS, mark=mark)
    # Shopify writes 0 for a variant whose weight is not set.
    return "" if grams == "0" else grams


def _tax_class(row: Row) -> str:
    text = row.values.get(TAXABLE, "")
    taxable = FLAGS.get(text.casefold())
    if text and taxable is None:
        raise InvalidValue(BAD_TAXABLE)
    return {None: "", True: STANDARD_TAX_CLASS, False: EXEMPT}[taxable]


def _options(row: Row, *, main: Row) -> dict[str, str]:
    """Return the variant's options; their names are in the first row of the product."""
    found: dict[str, str] = {}
    for name_column, value_column in OPTIONS:
        value = row.values.get(value_column, "")
        name = row.values.get(name_column) or main.values.get(name_column, "")
        if value and not name:
            raise InvalidValue(NO_OPTION_NAME)
        if value and (name, value) != NO_OPTION:
            found[name] = value
    return found


def _stock(row: Row, *, mark: str | None) -> tuple[str, tuple[str, ...]]:
    units = row.values.get(STOCK, "")
    if not units:
        return "", ()
    if row.values.get(TRACKER, "tracked"):
        return stock(units, mark=mark)
    return "", (NOT_TRACKED,)
