"""Deactivates the products that a complete file no longer has."""

from django.db import transaction

from backend.catalog.bulk import set_active
from backend.catalog.models import Product
from backend.importing.catalogue.write import CatalogueWriter, store_product_statements
from backend.importing.models import ProductStatement

CHUNK = 500


def withdraw_missing(writer: CatalogueWriter) -> int:
    """Deactivate the products of the seller and source that `writer` has not seen; return how many.

    A product that an earlier import has deactivated, and that is active again, was activated by a user and
    stays active.
    """
    known = Product.objects.existing().filter(source=writer.source, seller_id=writer.seller_id)
    withdrawn = ProductStatement.objects.exclude(withdrawn_at=None).values("pk")
    known = known.exclude(source_reference=None).exclude(pk__in=withdrawn)
    missing = [pk for pk in known.order_by("pk").values_list("pk", flat=True) if pk not in writer.seen]
    deactivated = 0
    for start in range(0, len(missing), CHUNK):
        with transaction.atomic():
            deactivated += _withdraw(missing[start : start + CHUNK], writer=writer)
            if writer.dry_run:
                transaction.set_rollback(True)
    return deactivated


def _withdraw(product_ids: list[int], *, writer: CatalogueWriter) -> int:
    active = Product.objects.filter(pk__in=product_ids, is_active=True)
    references = dict(active.values_list("pk", "source_reference"))
    set_active(variants={}, products=dict.fromkeys(references, False), now=writer.now)
    store_product_statements(dict.fromkeys(product_ids, ""), withdrawn_at=writer.now)
    if writer.dry_run:
        for reference in references.values():
            writer.show(f"deactivated: product {reference}")
    return len(references)
