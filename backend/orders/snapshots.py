"""Snapshots of products for order items."""

from backend.catalog.models import Variant


def snapshot_of(variant: Variant) -> dict[str, object]:
    """Return the data of a variant and its product for an order item, because both may change later."""
    product = variant.product
    return {
        "title": product.title,
        "brand": product.brand,
        "category": product.category.path,
        "sku": variant.sku,
        "variant": variant.name,
        "attributes": {**product.attributes, **variant.attributes},
        "image_url": variant.shown_image_url or product.image_url or "",
    }
