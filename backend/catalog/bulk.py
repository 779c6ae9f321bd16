"""Creates and updates imported products in bulk.

An imported product is identified by its seller, its source and its reference in that source. Unchanged
products are not written, so an import can be repeated, for example after an interruption.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from backend.api.bulk_rows import insert_rows
from backend.audit.actors import Actor
from backend.catalog.categories import category_by_names
from backend.catalog.models import PATH_SEPARATOR, Category, Product, Variant
from backend.catalog.pricing import reprice
from backend.catalog.services import slug_of
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

WAS_DELETED = "was deleted in this shop"
FOREIGN_SKU = "its SKU belongs to another product of this shop"
OTHER_SELLER = "belongs to another seller; --transfer-ownership moves it"
GIVEN_TWICE = "was given twice"
ALWAYS_WRITTEN = ("slug", "sale_price", "updated_at")
VARIANT_FIELDS = ("name", "price_modifier", "discount_percentage", "attributes", "image_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVariant:
    """An imported variant; its stock is recorded in the ledger separately.

    `discount_percentage` is None if the product's discount applies.
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
    """The references of the products by outcome; `refused` maps them to reasons.

    `transferred` has the updated products that belonged to another seller. `ids` has the ids of all products
    that were not refused.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    transferred: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)


def upsert_products(
    products: Sequence[ImportedProduct],
    *,
    source: str,
    seller_id: int,
    by: Actor,
    now: datetime,
    transfer_ownership: bool = False,
) -> Upserted:
    """Create new products, update changed ones, and publish both, in one transaction.

    With `transfer_ownership`, a product of another seller with the same source and reference is transferred.

    Raises:
        InvalidInput: a category's name is empty or contains the path separator, or a variant's price would be
            negative or too high to store.
    """
    with transaction.atomic():
        result = Upserted()
        identity = _Identity(source, seller_id, transfer_ownership)
        accepted, known = _acceptable(products, identity=identity, result=result)
        category_ids = _category_ids(accepted, by=by)
        new: list[tuple[Product, list[Variant]]] = []
        changes = _Changes(list(known.values()))
        for wanted in accepted:
            values = _values(wanted, category_id=category_ids[wanted.category], identity=identity)
            product = known.get(wanted.reference)
            if product is None:
                new.append(_new_product(wanted, values=values, now=now))
                result.created.append(wanted.reference)
                continue
            if product.seller_id != seller_id:
                result.transferred.append(wanted.reference)
            changed = changes.take(product, wanted=wanted, values=values, now=now)
            (result.updated if changed else result.unchanged).append(wanted.reference)
        made = _write_new(new)
        publish_many(Topic.PRODUCT, [*(product.pk for product in made), *changes.write()])
        result.ids = {str(product.source_reference): product.pk for product in [*made, *known.values()]}
    return result


@dataclass(frozen=True, slots=True)
class _Identity:
    source: str
    seller_id: int
    transfer_ownership: bool


@dataclass(frozen=True, slots=True)
class _Owner:
    """The product that has a SKU."""

    product_id: int
    seller_id: int
    source: str
    reference: str | None
    deleted_at: datetime | None


def _acceptable(
    products: Sequence[ImportedProduct], *, identity: _Identity, result: Upserted
) -> tuple[list[ImportedProduct], dict[str, Product]]:
    """Return the products to write, and those of them that exist by reference, locked."""
    known = _known(products, identity=identity)
    owners = _owners(products)
    taken: dict[str, str] = {}
    moving: dict[int, str] = {}
    accepted: dict[str, ImportedProduct] = {}
    for product in products:
        own = known.get(product.reference)
        foreign = {
            owner
            for variant in product.variants
            if (owner := owners.get(variant.sku)) and (own is None or owner.product_id != own.pk)
        }
        if product.reference in accepted:
            result.refused[product.reference] = GIVEN_TWICE
        elif own is not None and own.deleted_at is not None:
            result.refused[product.reference] = WAS_DELETED
        elif any(
            taken.setdefault(variant.sku, product.reference) != product.reference
            for variant in product.variants
        ):
            result.refused[product.reference] = FOREIGN_SKU
        elif foreign and (
            reason := _fault(foreign, is_known=own is not None, product=product, identity=identity)
        ):
            result.refused[product.reference] = reason
        else:
            accepted[product.reference] = product
            moving.update((owner.product_id, product.reference) for owner in foreign)
    found = {reference: product for reference, product in known.items() if reference in accepted}
    if moving:
        found |= {moving[product.pk]: product for product in _locked(Q(pk__in=moving))}
    return list(accepted.values()), found


def _fault(
    foreign: Collection[_Owner], *, is_known: bool, product: ImportedProduct, identity: _Identity
) -> str | None:
    """Return why a product can't have SKUs of other products; None if they are from one that it replaces."""
    owner = next(iter(foreign))
    if len(foreign) > 1 or is_known or owner.deleted_at is not None:
        return FOREIGN_SKU
    if (owner.seller_id, owner.source, owner.reference) == (identity.seller_id, "", None):
        return None
    if (owner.source, owner.reference) != (identity.source, product.reference):
        return FOREIGN_SKU
    return None if identity.transfer_ownership else OTHER_SELLER


def _owners(products: Collection[ImportedProduct]) -> dict[str, _Owner]:
    skus = [variant.sku for product in products for variant in product.variants]
    rows = Variant.objects.filter(sku__in=skus).values_list(
        "sku",
        "product_id",
        "product__seller_id",
        "product__source",
        "product__source_reference",
        "product__deleted_at",
    )
    return {row[0]: _Owner(*row[1:]) for row in rows}


def _known(products: Collection[ImportedProduct], *, identity: _Identity) -> dict[str, Product]:
    references = [product.reference for product in products]
    condition = Q(source=identity.source, seller_id=identity.seller_id, source_reference__in=references)
    return {str(row.source_reference): row for row in _locked(condition)}


def _locked(condition: Q) -> list[Product]:
    """Lock and return products with their variants; products are locked before variants, as in services."""
    rows = Product.objects.select_for_update(no_key=True).filter(condition).order_by("pk")
    return list(rows.prefetch_related("variants"))


def _category_ids(products: Collection[ImportedProduct], *, by: Actor) -> dict[tuple[str, ...], int]:
    names = {product.category for product in products}
    paths = {PATH_SEPARATOR.join(path): path for path in names}
    found = Category.objects.filter(path__in=paths).values_list("path", "pk")
    ids = {paths[path]: pk for path, pk in found}
    return ids | {path: category_by_names(path, by=by).pk for path in sorted(names - ids.keys())}


def _values(product: ImportedProduct, *, category_id: int, identity: _Identity) -> dict[str, Any]:
    return {
        "source": identity.source,
        "source_reference": product.reference,
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "category_id": category_id,
        "seller_id": identity.seller_id,
        "price": product.price,
        "currency": product.currency,
        "discount_percentage": product.discount_percentage,
        "rating_average": product.rating_average,
        "rating_count": product.rating_count,
        "attributes": dict(product.attributes),
        "image_urls": list(product.image_urls),
    }


def _new_product(
    wanted: ImportedProduct, *, values: Mapping[str, Any], now: datetime
) -> tuple[Product, list[Variant]]:
    product = Product(
        **values,
        slug=slug_of(wanted.title),
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


def _write_new(new: Sequence[tuple[Product, list[Variant]]]) -> list[Product]:
    made = Product.objects.bulk_create([product for product, _ in new])
    variants = [variant for _, variants in new for variant in variants]
    for variant in variants:
        variant.product_id = variant.product.pk
    insert_rows(variants)
    return made


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
            insert_rows(self._new)
        return [product.pk for product in self._products]


def _assign(row: Product | Variant, values: Mapping[str, Any]) -> set[str]:
    differing = {name for name, value in values.items() if getattr(row, name) != value}
    for name in differing:
        setattr(row, name, values[name])
    return {name.removesuffix("_id") for name in differing}


def set_active(*, variants: Mapping[int, bool], products: Mapping[int, bool], now: datetime) -> None:
    """Activate or deactivate variants and products by id, and publish the products.

    The caller has locked the products.
    """
    with transaction.atomic():
        for flag in (True, False):
            chosen = [pk for pk, is_active in variants.items() if is_active is flag]
            Variant.objects.filter(pk__in=chosen).update(is_active=flag)
        rows = Variant.objects.filter(pk__in=variants).values_list("product_id", flat=True)
        touched = _locked(Q(pk__in={*products, *rows}))
        for product in touched:
            product.is_active = products.get(product.pk, product.is_active)
            product.updated_at = now
            reprice(product, list(product.variants.all()))
        Product.objects.bulk_update(touched, ["is_active", "sale_price", "updated_at"])
        publish_many(Topic.PRODUCT, [product.pk for product in touched])
