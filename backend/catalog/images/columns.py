"""Writes the column `Product.pictures`."""

from backend.catalog.images.files import THUMBNAIL_SET, sizes_of
from backend.catalog.images.models import ProductImage
from backend.catalog.images.pictures import Picture
from backend.catalog.models import Product


def store_pictures(product: Product) -> None:
    """Copy the product's images to the column, in the caller's transaction, which has locked the product."""
    product.pictures = [picture_of(image) for image in ProductImage.objects.filter(product=product)]
    product.save(update_fields=["pictures", "updated_at"])


def picture_of(image: ProductImage) -> Picture:
    """Return the image as an entry of the column."""
    made = image.thumbnail_set == THUMBNAIL_SET
    return {
        "id": image.pk,
        "file": image.file,
        "width": image.width,
        "height": image.height,
        "alt": image.alt,
        "variant": image.variant_id,
        "sizes": sizes_of(width=image.width, height=image.height) if made else [],
    }
