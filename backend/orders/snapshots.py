"""What an order keeps of a product."""

from backend.catalog.models import Variant


def snapshot_of(variant: Variant) -> dict[str, object]:
    """Return the product that is bought with `variant`, as it is now; for orders outlive what they name."""
    product = variant.product
    images = [variant.image_url, *product.image_urls]
    return {
        "title": product.title,
        "brand": product.brand,
        "category": product.category.path,
        "sku": variant.sku,
        "variant": variant.name,
        "attributes": {**product.attributes, **variant.attributes},
        "image_url": next((image for image in images if image), ""),
    }
