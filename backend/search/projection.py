"""Creates documents from rows of the catalogue, in bulk, with a fixed number of queries."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from backend.catalog.images.pictures import Picture, all_urls, cover_thumbnail_url, variant_urls
from backend.catalog.models import PATH_SEPARATOR, Category, Product, Variant
from backend.catalog.promoted import PromotedBy
from backend.search.versions import draw
from indexing.document import CategoryReference, ProductDocument, PromotionReference, VariantDocument
from indexing.engine import DeleteDocument, DocumentWrite, PutDocument

SCAN_BATCH = 2_000
"""tantivy commits each batch, and merges smaller ones several times."""
CACHED_ATTRIBUTES = 4_096
"""Attributes that a process keeps decoded: many variants have the same."""

_WRITTEN = {"written_attributes": Cast("attributes", TextField())}
"""As JSON, in which they are compared with those that are known."""


class _ProductRow(NamedTuple):
    """The columns of a product. Instances of the model would take most of a projection's time."""

    id: int
    title: str
    slug: str
    description: str
    brand: str
    category__path: str
    seller_id: int
    price: Decimal
    sale_price: Decimal
    lowest_price_30_days: Decimal | None
    promoted_by: PromotedBy | None
    currency: str
    discount_percentage: Decimal
    flash_sale: bool
    best_seller_product: bool
    featured_product: bool
    rating_average: Decimal | None
    rating_count: int
    rating_score: Decimal | None
    popularity: int
    written_attributes: str
    pictures: list[Picture]
    image_urls: list[str]
    created_at: datetime
    updated_at: datetime


class _VariantRow(NamedTuple):
    """The columns of an active variant."""

    id: int
    product_id: int
    name: str
    sku: str
    price_modifier: Decimal
    sale_price: Decimal
    lowest_price_30_days: Decimal | None
    promoted_by: PromotedBy | None
    stock: int
    reserved: int
    written_attributes: str
    image_url: str


def project(product_ids: Sequence[int]) -> list[DocumentWrite]:
    """Return the writes that update these products in an index: documents, or deletes if not listed.

    A version is drawn before the rows are read.
    """
    version = draw()
    found = documents(product_ids)
    return [
        PutDocument(found[product_id], version)
        if product_id in found
        else DeleteDocument(product_id, version)
        for product_id in dict.fromkeys(product_ids)
    ]


def documents(product_ids: Sequence[int]) -> dict[int, ProductDocument]:
    """Return the documents of those products that are listed.

    The rows are read in one transaction, with three queries.
    """
    with transaction.atomic():
        rows = Product.objects.listed().filter(pk__in=product_ids)
        products = [_ProductRow(*row) for row in rows.annotate(**_WRITTEN).values_list(*_ProductRow._fields)]
        variants = _active_variants([product.id for product in products])
        categories = _ancestors(products)
    return {product.id: _document(product, variants[product.id], categories) for product in products}


def scan(*, after: int = 0) -> Iterator[list[DocumentWrite]]:
    """Yield the documents of the listed products with ids above `after`, in batches, by id."""
    last = after
    while product_ids := listed_ids(after=last, limit=SCAN_BATCH):
        yield project(product_ids)
        last = product_ids[-1]


def listed_ids(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` ids of listed products above `after`, in ascending order."""
    rows = Product.objects.listed().filter(pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def listed_count() -> int:
    """Return the number of listed products."""
    return Product.objects.listed().count()


def _active_variants(product_ids: Sequence[int]) -> Mapping[int, list[_VariantRow]]:
    """Return the active variants of each product, by id."""
    found: defaultdict[int, list[_VariantRow]] = defaultdict(list)
    rows = Variant.objects.filter(product_id__in=product_ids, is_active=True).order_by("pk")
    for row in rows.annotate(**_WRITTEN).values_list(*_VariantRow._fields):
        variant = _VariantRow(*row)
        found[variant.product_id].append(variant)
    return found


def _ancestors(products: Sequence[_ProductRow]) -> Mapping[str, tuple[CategoryReference, ...]]:
    """Return the categories from the root to that of each path."""
    own = {product.category__path for product in products}
    paths = {path for each in own for path in _paths(each)}
    rows = Category.objects.filter(path__in=paths).values_list("pk", "name", "slug", "path")
    found = {path: CategoryReference(id=pk, name=name, slug=slug, path=path) for pk, name, slug, path in rows}
    return {each: tuple(found[path] for path in _paths(each) if path in found) for each in own}


def _paths(path: str) -> Iterator[str]:
    names = path.split(PATH_SEPARATOR)
    for depth in range(1, len(names) + 1):
        yield PATH_SEPARATOR.join(names[:depth])


def _document(
    product: _ProductRow,
    variants: Sequence[_VariantRow],
    categories: Mapping[str, tuple[CategoryReference, ...]],
) -> ProductDocument:
    return ProductDocument(
        id=product.id,
        title=product.title,
        slug=product.slug,
        description=product.description,
        brand=product.brand,
        categories=categories[product.category__path],
        seller_id=product.seller_id,
        price=product.price,
        sale_price=product.sale_price,
        lowest_price_30_days=product.lowest_price_30_days,
        promotion=_promotion(product.promoted_by),
        currency=product.currency,
        discount_percentage=product.discount_percentage,
        flash_sale=product.flash_sale,
        best_seller_product=product.best_seller_product,
        featured_product=product.featured_product,
        rating_average=product.rating_average,
        rating_count=product.rating_count,
        rating_score=product.rating_score,
        popularity=product.popularity,
        attributes=_attributes(product.written_attributes),
        image_urls=tuple(all_urls(product.pictures, product.image_urls)),
        thumbnail_url=cover_thumbnail_url(product.pictures, product.image_urls),
        variants=_variants(product, variants),
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def _variants(product: _ProductRow, variants: Sequence[_VariantRow]) -> tuple[VariantDocument, ...]:
    urls = variant_urls(product.pictures)
    return tuple(
        VariantDocument(
            id=variant.id,
            name=variant.name,
            sku=variant.sku,
            price=product.price + variant.price_modifier,
            sale_price=variant.sale_price,
            lowest_price_30_days=variant.lowest_price_30_days,
            promotion=_promotion(variant.promoted_by),
            available=variant.stock - variant.reserved,
            attributes=_attributes(variant.written_attributes),
            image_url=urls.get(variant.id, variant.image_url),
        )
        for variant in variants
    )


def _promotion(promoted_by: PromotedBy | None) -> PromotionReference | None:
    return None if promoted_by is None else PromotionReference(**promoted_by)


@lru_cache(CACHED_ATTRIBUTES)
def _attributes(written: str) -> dict[str, str]:
    """Return the attributes that have a value, in a dictionary that documents share."""
    values = json.loads(written)
    return {name: str(value) for name, value in values.items() if value not in (None, "")}
