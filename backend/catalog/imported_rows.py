"""Rows of imported products: new ones, and changes of existing ones."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET

from backend.api.bulk_rows import insert_objects
from backend.catalog.imported import ImportedProduct, ImportedVariant
from backend.catalog.imported_matching import Identity
from backend.catalog.models import Product, Variant
from backend.catalog.price_changes import Prices, price_changed, prices_of
from backend.catalog.pricing import PRODUCT_PRICES, VARIANT_PRICES, reprice, take_cheapest
from backend.catalog.ratings import DISPLAYED_COLUMNS, refresh_displayed
from backend.catalog.slugs import claim, slug_of

ALWAYS_WRITTEN = ("slug", *PRODUCT_PRICES, "updated_at", *DISPLAYED_COLUMNS)
VARIANT_FIELDS = (
    "name",
    "price_modifier",
    "discount_percentage",
    "attributes",
    "image_url",
    "weight_grams",
)


def values_of(product: ImportedProduct, *, category_id: int, identity: Identity) -> dict[str, Any]:
    """Return the columns of a product that a later import of it changes, too."""
    values = {
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
        "imported_rating_average": product.rating_average,
        "imported_rating_count": product.rating_count,
        "attributes": dict(product.attributes),
        "image_urls": list(product.image_urls),
    }
    return values if product.tax_class is UNSET else values | {"tax_class": product.tax_class}


def new_product(
    wanted: ImportedProduct, *, values: Mapping[str, Any], now: datetime
) -> tuple[Product, list[Variant]]:
    """Return a product and its variants, which are not stored yet."""
    product = Product(
        **values,
        slug=slug_of(wanted.title),
        is_active=wanted.is_active,
        featured_product=wanted.featured_product,
        created_at=wanted.created_at or now,
    )
    variants = [_variant(product, wanted=variant) for variant in wanted.variants]
    reprice(product, variants)
    refresh_displayed(product)
    return product, variants


def _variant(product: Product, *, wanted: ImportedVariant) -> Variant:
    return Variant(product=product, sku=wanted.sku, **_variant_values(wanted))


def _variant_values(wanted: ImportedVariant) -> dict[str, Any]:
    values = {
        "name": wanted.name,
        "price_modifier": wanted.price_modifier,
        "discount_percentage": wanted.discount_percentage,
        "attributes": dict(wanted.attributes),
        "image_url": wanted.image_url,
    }
    return values if wanted.weight_grams is UNSET else values | {"weight_grams": wanted.weight_grams}


def write_new(new: Sequence[tuple[Product, list[Variant]]]) -> list[Product]:
    """Store new products with their variants; return the products."""
    made = Product.unpublished.bulk_create([product for product, _ in new])
    Product.unpublished.bulk_update(claim(made), ["slug"])
    variants = [variant for _, variants in new for variant in variants]
    for variant in variants:
        variant.product_id = variant.product.pk
    insert_objects(variants)
    return made


class Changes:
    """Collects the changed rows, so that each table is written once."""

    def __init__(self, known: Collection[Product]) -> None:
        self._known = known
        self._products: list[Product] = []
        self._renamed: list[Product] = []
        self._fields: set[str] = set()
        self._changed: list[Variant] = []
        self._new: list[Variant] = []
        self._before: dict[int, Prices] = {}
        self._repriced: list[tuple[Product, list[Variant]]] = []

    def take(
        self, product: Product, *, wanted: ImportedProduct, values: Mapping[str, Any], now: datetime
    ) -> bool:
        """Change `product` and its variants in memory; return whether anything differed."""
        before = prices_of(product.variants.all())
        differing = _assign(product, values)
        if "title" in differing:
            self._renamed.append(product)
        variants_differ = self._take_variants(product, wanted=wanted.variants, repriced=bool(differing))
        self._before |= before
        if not differing and not variants_differ:
            return False
        refresh_displayed(product)
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
            self._repriced.append((product, list(present.values())))
            self._changed += [row for row in present.values() if row.pk]
            self._new += new
        return bool(changed or new)

    def write(self, *, now: datetime) -> list[int]:
        """Write the collected rows; return the ids of the products that changed."""
        if self._products:
            self._record_prices(now=now)
            claim(self._renamed)
            Product.unpublished.bulk_update(self._products, sorted({*self._fields, *ALWAYS_WRITTEN}))
            # Lock all variants at once, by id, as checkouts do. Otherwise a caller that changes stock next
            # would lock some variants after others with higher ids, which can deadlock.
            variants = Variant.objects.filter(product__in=self._known)
            list(variants.select_for_update(no_key=True).order_by("pk").values_list("pk"))
            Variant.unpublished.bulk_update(self._changed, [*VARIANT_FIELDS, *VARIANT_PRICES])
            insert_objects(self._new)
        return [product.pk for product in self._products]

    def _record_prices(self, *, now: datetime) -> None:
        price_changed(self._before, self._changed, now=now)
        for product, variants in self._repriced:
            take_cheapest(product, variants)


def _assign(row: Product | Variant, values: Mapping[str, Any]) -> set[str]:
    differing = {name for name, value in values.items() if getattr(row, name) != value}
    for name in differing:
        setattr(row, name, values[name])
    return {name.removesuffix("_id") for name in differing}
