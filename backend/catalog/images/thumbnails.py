"""Makes the thumbnails of uploaded images."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F

from backend.catalog.errors import ImageStorageUnavailable, ProductNotFound
from backend.catalog.images import files
from backend.catalog.images.columns import store_pictures
from backend.catalog.images.decoding import thumbnail
from backend.catalog.images.models import ProductImage
from backend.catalog.variant_services import locked_product

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 10
"""After this number of attempts, an image is shown without thumbnails."""


def make_thumbnails(image_id: int, *, now: datetime) -> bool:
    """Make the thumbnails of an image unless they exist; return whether they were made.

    Raises:
        ImageStorageUnavailable: the image can't be read, or the thumbnails can't be written.
        OSError: the stored image is damaged.
    """
    missing = ProductImage.objects.exclude(thumbnail_set=files.THUMBNAIL_SET)
    # Counted before the attempt, so that an image that crashes the process isn't retried for ever.
    if not missing.filter(pk=image_id).update(thumbnail_attempts=F("thumbnail_attempts") + 1):
        return False
    image = ProductImage.objects.filter(pk=image_id).first()
    if image is None:
        return False
    data = files.read(image.file)
    for size in files.sizes_of(width=image.width, height=image.height):
        files.write(image.file, thumbnail(data, size=size), size=size)
    return _store(image, now=now)


def make_missing_thumbnails(*, limit: int, now: datetime) -> int:
    """Make the thumbnails of up to `limit` images that have none; return the number of images."""
    missing = ProductImage.objects.exclude(thumbnail_set=files.THUMBNAIL_SET)
    due = missing.filter(thumbnail_attempts__lt=MAX_ATTEMPTS).order_by("thumbnail_attempts", "pk")
    made = 0
    for image_id in list(due.values_list("pk", flat=True)[:limit]):
        try:
            made += make_thumbnails(image_id, now=now)
        except (ImageStorageUnavailable, OSError) as error:
            logger.warning("thumbnails_failed", image=image_id, error=repr(error.__cause__ or error))
    return made


def _store(image: ProductImage, *, now: datetime) -> bool:
    with transaction.atomic():
        try:
            product = locked_product(image.product_id)
        except ProductNotFound:
            product = None
        rows = ProductImage.objects.filter(pk=image.pk)
        if not rows.update(thumbnail_set=files.THUMBNAIL_SET):
            # The image was deleted in the meantime; its files may have been deleted before these were
            # written.
            files.discard(image.file, now=now)
            return False
        if product is not None:
            store_pictures(product)
    return True
