"""Finds the variant of a request that has a product id, a variant id, or both."""

from django.db.models import QuerySet

from backend.api.errors import InvalidInput
from backend.catalog.errors import ProductNotFound, VariantNotFound, VariantRequired
from backend.catalog.models import Variant


def variants_for_sale() -> QuerySet[Variant]:
    """Return the variants that are for sale, in stock or not."""
    return Variant.objects.filter(is_active=True, product__is_active=True, product__deleted_at=None)


def resolve_variant(
    candidates: QuerySet[Variant], *, product_id: int | None = None, variant_id: int | None = None
) -> Variant:
    """Return the variant among `candidates` that the ids identify, with its product (1 query).

    A product id alone identifies the product's only variant.

    Raises:
        InvalidInput: neither id was given, or the variant belongs to another product.
        ProductNotFound: the product has no variant among the candidates.
        VariantNotFound: the variant is not among the candidates.
        VariantRequired: the product has several variants.
    """
    if variant_id is not None:
        variant = candidates.select_related("product").filter(pk=variant_id).first()
        if variant is None:
            raise VariantNotFound(variant_id=variant_id)
        if product_id not in (None, variant.product_id):
            raise InvalidInput(variant_id=[f"Variant {variant_id} doesn't belong to product {product_id}."])
        return variant
    if product_id is None:
        raise InvalidInput(product_id=["Send the id of a product or of a variant."])
    variants = list(candidates.select_related("product").filter(product_id=product_id).order_by("pk"))
    if not variants:
        raise ProductNotFound(product_id=product_id)
    if len(variants) > 1:
        raise VariantRequired(variants=[_choice(variant) for variant in variants])
    return variants[0]


def _choice(variant: Variant) -> dict[str, object]:
    return {"id": variant.pk, "sku": variant.sku, "name": variant.name}
