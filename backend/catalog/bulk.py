"""Creates and updates imported products in bulk.

An imported product is identified by its source and its reference in that source. Unchanged products are not
written, so an import can be repeated, for example after an interruption.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from backend.audit.actors import Actor
from backend.catalog.categories import category_by_names
from backend.catalog.models import Product, Variant
from backend.catalog.pricing import reprice
from backend.catalog.services import slug_of
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

WAS_DELETED = "was deleted in this shop"
FOREIGN_SKU = "its SKU belongs to another product of this shop"
GIVEN_TWICE = "was given twice"
ALWAYS_WRITTEN = ("slug", "sale_price", "updated_at")
VARIANT_FIELDS = ("name", "price_modifier", "discount_percentage", "attributes", "image_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVariant:
    """An imported variant; its stock is recorded in the ledger separately.

    `discount_percentage` is None if the product's applies.
    """

    sku: str
    name: str = ""
    price_modifier: Decimal = Decimal(0)
    attributes: Mapping[str, str] = field(default_factory=dict)
    image_url: str = ""
    discount_percentage: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedProduct:
    """An imported product; `category` has the names of its categories from the root.

    The flags, `is_active` and `created_at` are used only when the product is created.
    """

    reference: str
    title: str
    category: tuple[str, ...]
    price: Decimal
    currency: str
    variants: tuple[ImportedVariant, ...]
    description: str = ""
    brand: str = ""
    discount_percentage: Decimal = Decimal(0)
    rating_average: Decimal | None = None
    rating_count: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    image_urls: tuple[str, ...] = ()
    is_active: bool = True
    flash_sale: bool = False
    best_seller_product: bool = False
    featured_product: bool = False
    created_at: datetime | None = None


@dataclass(slots=True)
class Upserted:
    """The references of the products by outcome; `refused` maps them to reasons."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def upsert_products(
    products: Sequence[ImportedProduct], *, source: str, seller_id: int, by: Actor, now: datetime
) -> Upserted:
    """Create new products, update changed ones, and publish both, in one transaction.

    Raises:
        InvalidInput: a category's name is empty or contains the path separator, or a variant's price would be
            negative or too high to store.
    """
    with transaction.atomic():
        result = Upserted()
        accepted = _acceptable(products, source=source, result=result)
        known = _known(products, source=source)
        category_ids = _category_ids(accepted, by=by)
        new: list[tuple[Product, list[Variant]]] = []
        changes = _Changes(list(known.values()))
        for wanted in accepted:
            values = _values(wanted, category_id=category_ids[wanted.category], seller_id=seller_id)
            product = known.get(wanted.reference)
            if product is None:
                new.append(_new_product(wanted, values=values, source=source, now=now))
                result.created.append(wanted.reference)
            elif changes.take(product, wanted=wanted, values=values, now=now):
                result.updated.append(wanted.reference)
            else:
                result.unchanged.append(wanted.reference)
        made = _write_new(new)
        publish_many(Topic.PRODUCT, [*made, *changes.write()])
    return result


def _acceptable(
    products: Sequence[ImportedProduct], *, source: str, result: Upserted
) -> list[ImportedProduct]:
    skus = [variant.sku for product in products for variant in product.variants]
    owners = {
        sku: (owner_source, owner_reference)
        for sku, owner_source, owner_reference in Variant.objects.filter(sku__in=skus).values_list(
            "sku", "product__source", "product__source_reference"
        )
    }
    references = [product.reference for product in products]
    deleted = set(
        Product.objects.filter(source=source, source_reference__in=references)
        .exclude(deleted_at=None)
        .values_list("source_reference", flat=True)
    )
    accepted: dict[str, ImportedProduct] = {}
    for product in products:
        identity = (source, product.reference)
        if product.reference in accepted:
            result.refused[product.reference] = GIVEN_TWICE
        elif product.reference in deleted:
            result.refused[product.reference] = WAS_DELETED
        elif any(owners.setdefault(variant.sku, identity) != identity for variant in product.variants):
            result.refused[product.reference] = FOREIGN_SKU
        else:
            accepted[product.reference] = product
    return list(accepted.values())


def _known(products: Collection[ImportedProduct], *, source: str) -> dict[str, Product]:
    rows = Product.objects.filter(
        source=source, source_reference__in=[product.reference for product in products]
    )
    return {str(row.source_reference): row for row in rows.prefetch_related("variants")}


def _category_ids(products: Collection[ImportedProduct], *, by: Actor) -> dict[tuple[str, ...], int]:
    paths = {product.category for product in products}
    return {names: category_by_names(names, by=by).pk for names in paths}


def _values(product: ImportedProduct, *, category_id: int, seller_id: int) -> dict[str, Any]:
    return {
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "category_id": category_id,
        "seller_id": seller_id,
        "price": product.price,
        "currency": product.currency,
        "discount_percentage": product.discount_percentage,
        "rating_average": product.rating_average,
        "rating_count": product.rating_count,
        "attributes": dict(product.attributes),
        "image_urls": list(product.image_urls),
    }


def _new_product(
    wanted: ImportedProduct, *, values: Mapping[str, Any], source: str, now: datetime
) -> tuple[Product, list[Variant]]:
    product = Product(
        **values,
        slug=slug_of(wanted.title),
        source=source,
        source_reference=wanted.reference,
        is_active=wanted.is_active,
        flash_sale=wanted.flash_sale,
        best_seller_product=wanted.best_seller_product,
        featured_product=wanted.featured_product,
        created_at=wanted.created_at or now,
    )
    variants = [_variant(product, wanted=variant) for variant in wanted.variants]
    reprice(product, variants)
    return product, variants


def _variant(product: Product, *, wanted: ImportedVariant) -> Variant:
    return Variant(product=product, sku=wanted.sku, **_variant_values(wanted))


def _variant_values(wanted: ImportedVariant) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "price_modifier": wanted.price_modifier,
        "discount_percentage": wanted.discount_percentage,
        "attributes": dict(wanted.attributes),
        "image_url": wanted.image_url,
    }


def _write_new(new: Sequence[tuple[Product, list[Variant]]]) -> list[int]:
    made = Product.objects.bulk_create([product for product, _ in new])
    variants = [variant for _, variants in new for variant in variants]
    for variant in variants:
        variant.product_id = variant.product.pk
    Variant.objects.bulk_create(variants)
    return [product.pk for product in made]


class _Changes:
    """Collects the changed rows, so that each table is written once."""

    def __init__(self, known: Collection[Product]) -> None:
        self._known = known
        self._products: list[Product] = []
        self._fields: set[str] = set()
        self._changed: list[Variant] = []
        self._new: list[Variant] = []

    def take(
        self, product: Product, *, wanted: ImportedProduct, values: Mapping[str, Any], now: datetime
    ) -> bool:
        """Change `product` and its variants in memory; return whether anything differed."""
        differing = _assign(product, values)
        if "title" in differing:
            product.slug = slug_of(product.title)
        variants_differ = self._take_variants(product, wanted=wanted.variants, repriced=bool(differing))
        if not differing and not variants_differ:
            return False
        product.updated_at = now
        self._products.append(product)
        self._fields |= differing
        return True

    def _take_variants(self, product: Product, *, wanted: Sequence[ImportedVariant], repriced: bool) -> bool:
        present = {variant.sku: variant for variant in product.variants.all()}
        changed, new = [], []
        for variant in wanted:
            row = present.get(variant.sku)
            if row is None:
                present[variant.sku] = created = _variant(product, wanted=variant)
                new.append(created)
            elif _assign(row, _variant_values(variant)):
                changed.append(row)
        if repriced or changed or new:
            reprice(product, list(present.values()))
            self._changed += [row for row in present.values() if row.pk]
            self._new += new
        return bool(changed or new)

    def write(self) -> list[int]:
        """Write the collected rows; return the ids of the products that changed."""
        if self._products:
            Product.objects.bulk_update(self._products, sorted({*self._fields, *ALWAYS_WRITTEN}))
            # Lock all variants at once, by id, as checkouts do. Otherwise a caller that changes stock next
            # would lock some variants after others with higher ids, which can deadlock.
            variants = Variant.objects.filter(product__in=self._known)
            list(variants.select_for_update(no_key=True).order_by("pk").values_list("pk"))
            Variant.objects.bulk_update(self._changed, [*VARIANT_FIELDS, "sale_price"])
            Variant.objects.bulk_create(self._new)
        return [product.pk for product in self._products]


def _assign(row: Product | Variant, values: Mapping[str, Any]) -> set[str]:
    differing = {name for name, value in values.items() if getattr(row, name) != value}
    for name in differing:
        setattr(row, name, values[name])
    return {name.removesuffix("_id") for name in differing}
