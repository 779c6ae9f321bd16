"""Creates and updates imported products in bulk.

An imported product is identified by its seller, its source and its reference in that source. Unchanged
products are not written, so an import can be repeated, for example after an interruption.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from backend.audit.actors import Actor
from backend.catalog.categories import category_by_names
from backend.catalog.imported import ImportedProduct, Upserted
from backend.catalog.imported_matching import Identity, acceptable, locked
from backend.catalog.imported_rows import Changes, new_product, values_of, write_new
from backend.catalog.models import PATH_SEPARATOR, Category, Product, Variant
from backend.catalog.pricing import PRODUCT_PRICES, reprice
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic


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

    With `transfer_ownership` a product that another seller has from the same source becomes the seller's.

    Raises:
        InvalidInput: a category's name is empty or contains the path separator, or a variant's price would be
            negative or too high to store.
    """
    with transaction.atomic():
        result = Upserted()
        identity = Identity(source, seller_id, transfer_ownership)
        accepted, known = acceptable(products, identity=identity, result=result)
        category_ids = _category_ids(accepted, by=by)
        new: list[tuple[Product, list[Variant]]] = []
        changes = Changes(list(known.values()))
        for wanted in accepted:
            values = values_of(wanted, category_id=category_ids[wanted.category], identity=identity)
            product = known.get(wanted.reference)
            if product is None:
                new.append(new_product(wanted, values=values, now=now))
                result.created.append(wanted.reference)
                continue
            if product.seller_id != seller_id:
                result.transferred.append(wanted.reference)
            changed = changes.take(product, wanted=wanted, values=values, now=now)
            (result.updated if changed else result.unchanged).append(wanted.reference)
        made = write_new(new)
        publish_many(Topic.PRODUCT, [*(product.pk for product in made), *changes.write(now=now)])
        result.ids = {str(product.source_reference): product.pk for product in [*made, *known.values()]}
    return result


def set_active(*, variants: Mapping[int, bool], products: Mapping[int, bool], now: datetime) -> None:
    """Activate or deactivate variants and products by id, and publish the products.

    The caller has locked the products.
    """
    with transaction.atomic():
        for flag in (True, False):
            chosen = [pk for pk, is_active in variants.items() if is_active is flag]
            Variant.unpublished.filter(pk__in=chosen).update(is_active=flag)
        rows = Variant.objects.filter(pk__in=variants).values_list("product_id", flat=True)
        touched = locked(Q(pk__in={*products, *rows}))
        for product in touched:
            product.is_active = products.get(product.pk, product.is_active)
            product.updated_at = now
            reprice(product, list(product.variants.all()))
        Product.unpublished.bulk_update(touched, ["is_active", *PRODUCT_PRICES, "updated_at"])
        publish_many(Topic.PRODUCT, [product.pk for product in touched])


def _category_ids(products: Collection[ImportedProduct], *, by: Actor) -> dict[tuple[str, ...], int]:
    names = {product.category for product in products}
    paths = {PATH_SEPARATOR.join(path): path for path in names}
    found = Category.objects.filter(path__in=paths).values_list("path", "pk")
    ids = {paths[path]: pk for path, pk in found}
    return ids | {path: category_by_names(path, by=by).pk for path in sorted(names - ids.keys())}
