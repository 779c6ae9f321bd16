"""Stores many images that this installation generated itself, such as those of the demo shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.images.columns import picture_of
from backend.catalog.images.files import THUMBNAIL_SET
from backend.catalog.images.models import ProductImage, UnusedFile
from backend.catalog.models import Product
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An image whose files, including thumbnails, are in the reserved folder `file`."""

    product_id: int
    variant_id: int | None
    position: int
    alt: str
    width: int
    height: int
    digest: str
    file: str


def insert_images(images: Sequence[StoredImage], *, by: Actor, now: datetime) -> None:
    """Store the images of products that have no images yet, in one transaction."""
    with transaction.atomic():
        rows = ProductImage.objects.bulk_create(_row(image, now=now) for image in images)
        UnusedFile.objects.filter(file__in=[image.file for image in images]).delete()
        products = Product.objects.select_for_update(no_key=True).in_bulk({row.product_id for row in rows})
        for row in rows:
            products[row.product_id].pictures.append(picture_of(row))
        Product.unpublished.bulk_update(products.values(), ["pictures"])
        subject = (ProductImage._meta.label, "")
        record("catalog.images_added", by=by, subject=subject, changes={"images": (None, len(rows))})
        publish_many(Topic.PRODUCT, sorted(products))


def _row(image: StoredImage, *, now: datetime) -> ProductImage:
    return ProductImage(
        product_id=image.product_id,
        variant_id=image.variant_id,
        position=image.position,
        alt=image.alt,
        width=image.width,
        height=image.height,
        digest=image.digest,
        file=image.file,
        thumbnail_set=THUMBNAIL_SET,
        created_at=now,
    )
