"""Matches imported products with those of the shop, and refuses products that can't be written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from backend.catalog.imported import ImportedProduct, Upserted
from backend.catalog.models import Product, Variant

WAS_DELETED = "was deleted in this shop"
FOREIGN_SKU = "its SKU belongs to another product of this shop"
OTHER_SELLER = "belongs to another seller; --transfer-ownership moves it"
GIVEN_TWICE = "occurs twice in the import"


@dataclass(frozen=True, slots=True)
class Identity:
    """The seller and the source of the products that an import writes."""

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


def acceptable(
    products: Sequence[ImportedProduct], *, identity: Identity, result: Upserted
) -> tuple[list[ImportedProduct], dict[str, Product]]:
    """Return the products to write, and the locked rows of those that exist, by reference."""
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
        found |= {moving[product.pk]: product for product in locked(Q(pk__in=moving))}
    return list(accepted.values()), found


def _fault(
    foreign: Collection[_Owner], *, is_known: bool, product: ImportedProduct, identity: Identity
) -> str | None:
    """Return why a product can't have its SKUs, which `foreign` products have.

    Return None if there is one foreign product which the import may update instead.
    """
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


def _known(products: Collection[ImportedProduct], *, identity: Identity) -> dict[str, Product]:
    references = [product.reference for product in products]
    condition = Q(source=identity.source, seller_id=identity.seller_id, source_reference__in=references)
    return {str(row.source_reference): row for row in locked(condition)}


def locked(condition: Q) -> list[Product]:
    """Return products with their variants, locked before the variants are, as in other services."""
    rows = Product.objects.select_for_update(no_key=True).filter(condition).order_by("pk")
    return list(rows.prefetch_related("variants"))
