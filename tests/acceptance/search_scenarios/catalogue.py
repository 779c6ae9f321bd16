"""One shop with a sample of four public catalogues: the products that scenarios name, and others of all kinds.

The catalogues have 52,000 products; indexing all of them on both engines takes two minutes. A product is in the
sample if a scenario names its SKU, or if the checksum of its SKU is divisible by its catalogue's divisor. Therefore a
new scenario adds the products that it names and removes none.

amazon.in and myntra have prices in rupees. flipkart and crowdflower have none, so their prices are derived from the
checksum: scenarios about prices only look at the products on the page. `planted.toml` adds products for what no
catalogue has: variants, several currencies, and languages other than English.
"""

import csv
import json
import lzma
import tomllib
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from datasets import amazon_in, crowdflower
from datasets.rows import Converted, ConvertedRow, SourceRow
from indexing.document import CategoryReference, ProductDocument, VariantDocument

PLANTED = Path(__file__).with_name("planted.toml")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
DIVISORS = {"amazon": 2, "myntra": 3, "flipkart": 3, "crowdflower": 3}

Row = Mapping[str, Any]


def products(folder: Path, *, named: Collection[str]) -> Iterator[ProductDocument]:
    """Yield the products of the sample, each with the same id in every run; `named` are SKUs that it must have.

    Raises:
        ValueError: a named SKU is in no catalogue.
    """
    missing = set(named)
    for start, (catalogue, rows) in enumerate(READERS.items(), start=1):
        for number, row in enumerate(rows(folder), start=start * 1_000_000):
            if row["sku"] in missing or _checksum(row["sku"]) % DIVISORS[catalogue] == 0:
                missing.discard(row["sku"])
                yield _product(number, row)
    for number, planted in enumerate(tomllib.loads(PLANTED.read_text(encoding="utf-8"))["product"], start=1):
        missing -= {each["sku"] for each in planted["variants"]}
        yield _planted(number, planted)
    if missing:
        raise ValueError(f"no catalogue has the products {sorted(missing)}, which scenarios name")


def amazon(folder: Path) -> Iterator[Row]:
    """Yield the products of amazon.in, whose SKU is their ASIN."""
    yield from _converted(
        folder / "amazon_in_products_sample/Amazon-Products.csv.xz", amazon_in.COLUMNS, amazon_in.convert
    )


def judged(folder: Path) -> Iterator[Row]:
    """Yield the products of crowdflower."""
    yield from _converted(folder / "crowdflower/products.csv.xz", crowdflower.COLUMNS, crowdflower.convert)


def myntra(folder: Path) -> Iterator[Row]:
    """Yield the products of myntra, with their brand, colour and gender."""
    for row in _rows(folder / "myntra/myntra_products_catalog.csv.xz"):
        yield {
            "sku": f"MYN-{row['ProductID']}",
            "title": row["ProductName"],
            "description": row["Description"],
            "brand": row["ProductBrand"],
            "price": row["Price (INR)"],
            "attributes": {"colour": row["PrimaryColor"].strip(), "gender": row["Gender"]},
        }


def flipkart(folder: Path) -> Iterator[Row]:
    """Yield the products of flipkart, with the categories above the product's own name."""
    for row in _rows(folder / "flipkart_20k/flipkart_com-ecommerce_sample.csv.xz", ("id", "title", "tree")):
        names = [name.strip() for name in json.loads(row["tree"])[0].split(">>")]
        kept = [name for name in names if name[:20] != row["title"][:20]]
        yield {
            "sku": f"FLI-{row['id'][:10].upper()}",
            "title": row["title"],
            "category": " > ".join(kept[:4]),
        }


READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    "amazon": amazon,
    "myntra": myntra,
    "flipkart": flipkart,
    "crowdflower": judged,
}


def _rows(path: Path, columns: Iterable[str] | None = None) -> Iterator[dict[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, fieldnames=None if columns is None else [*columns])


def _converted(
    path: Path, columns: Iterable[str], convert: Callable[[Iterable[SourceRow]], Iterator[Converted]]
) -> Iterator[Row]:
    rows = enumerate(_rows(path), start=2)
    source = (SourceRow(line, tuple(row[name] for name in columns)) for line, row in rows)
    yield from (each.values for each in convert(source) if isinstance(each, ConvertedRow))


def _product(number: int, row: Row) -> ProductDocument:
    listed = Decimal(row.get("price") or 0) or Decimal(99 + _checksum(row["sku"]) % 200 * 10)
    paid = listed * (100 - Decimal(row.get("discount_percentage", 0))) / 100
    return _document(
        number,
        title=row["title"],
        description=row.get("description", ""),
        brand=row.get("brand", ""),
        category=row.get("category", ""),
        attributes={name: value for name, value in row.get("attributes", {}).items() if value},
        variants=(_variant(number, {"sku": row["sku"], "price": paid.quantize(Decimal("0.01"))}),),
        rating_average=Decimal(row["rating"]) if row.get("rating") else None,
        rating_count=int(row.get("rating_count", 0)),
        rating_score=Decimal(row["rating"]) if row.get("rating") else None,
    )


def _planted(number: int, row: dict[str, Any]) -> ProductDocument:
    variants = (_variant(number * 10 + each, values) for each, values in enumerate(row.pop("variants")))
    return _document(number, **row, variants=tuple(variants))


def _variant(number: int, row: dict[str, Any]) -> VariantDocument:
    price = Decimal(str(row["price"]))
    attributes = {name: value for name, value in row.items() if name not in ("sku", "price", "available")}
    return VariantDocument(
        id=number,
        name="",
        sku=row["sku"],
        price=price,
        sale_price=price,
        available=row.get("available", 5),
        attributes=attributes,
    )


def _document(
    number: int, *, variants: tuple[VariantDocument, ...], category: str = "", **values: Any
) -> ProductDocument:
    price = min(each.sale_price for each in variants)
    defaults: dict[str, Any] = {
        "description": "",
        "brand": "",
        "currency": "INR",
        "rating_average": None,
        "rating_count": 0,
        "popularity": 0,
        "attributes": {},
    }
    return ProductDocument(
        id=number,
        slug=str(number),
        categories=_categories(category),
        seller_id=1,
        price=price,
        sale_price=price,
        discount_percentage=Decimal(0),
        flash_sale=False,
        best_seller_product=False,
        featured_product=False,
        image_urls=(),
        variants=variants,
        created_at=EPOCH + timedelta(seconds=number),
        updated_at=EPOCH,
        **defaults | values,
    )


def _categories(path: str) -> tuple[CategoryReference, ...]:
    names = [name.strip() for name in path.split(">") if name.strip()]
    paths = [" > ".join(names[: depth + 1]) for depth in range(len(names))]
    return tuple(
        CategoryReference(
            id=depth, name=name, slug=path.lower().replace(" > ", "-").replace(" ", "-"), path=path
        )
        for depth, (name, path) in enumerate(zip(names, paths, strict=True))
    )


def _checksum(sku: str) -> int:
    return zlib.crc32(sku.encode())
