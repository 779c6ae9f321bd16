"""Writes a seller's products in our CSV format, so that importing the file again changes nothing.

Uploaded images are left out, and so are products and variants that an import has deactivated because its
file no longer had them.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import IO

from django.db.models import Q, QuerySet

from backend.catalog.models import Product, Variant
from backend.importing.catalogue.offers import ATTRIBUTE
from backend.importing.catalogue.plain_csv import HEADER
from backend.importing.catalogue.statements import moved_since
from backend.importing.grouping import batched
from backend.importing.models import ProductStatement, VariantStatement
from csv_cells.formulas import escaped

CHUNK = 500
# Transactions that have not ended yet may record changes of stock with an earlier time.
SETTLED = timedelta(seconds=10)
COLUMNS = (*HEADER.required, *HEADER.optional)


def export(file: IO[str], *, source: str, seller_id: int, now: datetime) -> int:
    """Write the products of a source, and those created by hand; return the number of variants."""
    products = _products(source=source, seller_id=seller_id)
    attributes = _attribute_names(products)
    writer = csv.DictWriter(file, [*COLUMNS, *(f"{ATTRIBUTE}{name}" for name in attributes)], restval="")
    writer.writeheader()
    number = 0
    ids = products.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=CHUNK)
    for chunk in batched(ids, CHUNK):
        rows = list(_rows(chunk, source=source, now=now))
        writer.writerows({name: escaped(cell) for name, cell in row.items()} for row in rows)
        number += len(rows)
    return number


def _products(*, source: str, seller_id: int) -> QuerySet[Product]:
    withdrawn = ProductStatement.objects.exclude(withdrawn_at=None).values("pk")
    return (
        Product.objects.existing()
        .filter(Q(source=source) | Q(source=""), seller_id=seller_id)
        .exclude(pk__in=withdrawn)
    )


def _attribute_names(products: QuerySet[Product]) -> list[str]:
    names: set[str] = set()
    variants = Variant.objects.filter(product__in=products.values("pk"))
    for rows in (products, variants):
        for attributes in rows.values_list("attributes", flat=True).iterator(chunk_size=CHUNK):
            names.update(attributes)
    return sorted(names)


def _rows(product_ids: list[int], *, source: str, now: datetime) -> Iterator[dict[str, str]]:
    rows = Variant.objects.filter(product__in=product_ids).select_related("product__category")
    statements = VariantStatement.objects.filter(variant__product__in=product_ids)
    stated = {statement.pk: statement for statement in statements}
    variants = [
        variant
        for variant in rows.order_by("product_id", "pk")
        if variant.pk not in stated or stated[variant.pk].withdrawn_at is None
    ]
    counted_at = {variant.pk: _counted_at(stated.get(variant.pk), now=now) for variant in variants}
    moved = moved_since(counted_at, reference=f"import {source}")
    for variant in variants:
        units = max(0, variant.stock - moved.get(variant.pk, 0))
        yield _row(variant, units=units, counted_at=counted_at[variant.pk])


def _counted_at(statement: VariantStatement | None, *, now: datetime) -> datetime:
    """Return the time of the exported count: not before the last one, or an import would ignore the count."""
    settled = now - SETTLED
    last = (statement.stock_at or statement.applied_at) if statement else None
    return max(settled, last) if last else settled


def _row(variant: Variant, *, units: int, counted_at: datetime) -> dict[str, str]:
    product = variant.product
    # Without those of the shop's own reviews, which an import would otherwise count again.
    rating = product.imported_rating_average
    values = {
        "sku": variant.sku,
        "product": product.source_reference or f"product-{product.pk}",
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "category": product.category.path,
        "price": _plain(variant.list_price),
        "currency": product.currency,
        "discount_percentage": _plain(variant.discount),
        "image_urls": " ".join(product.image_urls),
        "variant_name": variant.name,
        "variant_image_url": variant.image_url,
        "stock": str(units),
        "stock_at": _time(counted_at),
        "weight_grams": "" if variant.weight_grams is None else str(variant.weight_grams),
        "tax_class": product.tax_class,
        "rating": "" if rating is None else _plain(rating),
        "rating_count": str(product.imported_rating_count),
        "is_active": "true" if product.is_active else "false",
        "created_at": _time(product.created_at),
    }
    attributes = {**product.attributes, **variant.attributes}
    return values | {f"{ATTRIBUTE}{name}": str(value) for name, value in attributes.items()}


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
