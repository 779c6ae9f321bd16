"""Changes to the images of products; each is published through the outbox in the same transaction.

Locks are taken in this order: the seller's account (only by an upload, for the limit), the product.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.catalog.errors import ImageNotFound, ImageTooLarge, TooManyImages, VariantNotFound
from backend.catalog.images import files
from backend.catalog.images.columns import store_pictures
from backend.catalog.images.decoding import Encoded, normalised, slot
from backend.catalog.images.models import ProductImage
from backend.catalog.models import Product, Variant
from backend.catalog.variant_services import locked_product
from backend.outbox.services import publish
from backend.outbox.topics import Topic


def add_image(
    product_id: int, *, data: bytes, alt: str = "", variant_id: int | None = None, by: Actor, now: datetime
) -> tuple[ProductImage, bool]:
    """Add an uploaded image after the others; return it and whether it is new.

    If the product already has an image of the same bytes, that image is returned unchanged.

    Raises:
        ProductNotFound: there is no such product.
        VariantNotFound: the product has no such variant.
        ImageTooLarge: there are more bytes than settings.IMAGE_MAX_BYTES.
        TooManyImages: the product or its seller has the maximum number of images.
        ImageRefused: the data is not a valid image.
        ImagesBusy: too many images are being uploaded.
        ImageStorageUnavailable: the file can't be stored.
    """
    if len(data) > settings.IMAGE_MAX_BYTES:
        raise ImageTooLarge(max_bytes=settings.IMAGE_MAX_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    # Checked before decoding, which is the expensive step, and again under the lock.
    if (existing := _existing(product_id, digest=digest)) is not None:
        return existing, False
    product = Product.objects.filter(pk=product_id, deleted_at=None).first()
    if product is not None:
        _require_variant(product, variant_id=variant_id)
        _require_room(product)
    with slot():
        return _add_decoded(
            product_id,
            encoded=normalised(data),
            digest=digest,
            alt=alt,
            variant_id=variant_id,
            by=by,
            now=now,
        )


def update_image(image_id: int, *, product_id: int, changes: Mapping[str, Any], by: Actor) -> ProductImage:
    """Apply `changes` (new values of `alt`, `variant_id` and `position`) and return the image.

    `position` counts from 1; the other images keep their order.

    Raises:
        ProductNotFound: there is no such product.
        ImageNotFound: the product has no such image.
        VariantNotFound: the product has no such variant.
    """
    with transaction.atomic():
        product = locked_product(product_id)
        images = list(ProductImage.objects.filter(product=product))
        image = _among(images, image_id=image_id)
        before = {name: getattr(image, name) for name in ("alt", "variant_id", "position")}
        if "variant_id" in changes:
            _require_variant(product, variant_id=changes["variant_id"])
        image.alt = changes.get("alt", image.alt)
        image.variant_id = changes.get("variant_id", image.variant_id)
        image.save(update_fields=["alt", "variant"])
        if "position" in changes:
            others = [other for other in images if other.pk != image_id]
            _number([*others[: changes["position"] - 1], image, *others[changes["position"] - 1 :]])
        changed = differences(before, {name: getattr(image, name) for name in before})
        if changed:
            record("catalog.image_updated", by=by, subject=image, changes=changed)
            store_pictures(product)
    return image


def order_images(product_id: int, *, image_ids: Sequence[int], by: Actor) -> list[ProductImage]:
    """Put all images of the product into the order of `image_ids` and return them.

    Raises:
        ProductNotFound: there is no such product.
        InvalidInput: an id is missing, given twice, or of another product.
    """
    with transaction.atomic():
        product = locked_product(product_id)
        images = {image.pk: image for image in ProductImage.objects.filter(product=product)}
        if sorted(image_ids) != sorted(images):
            present = ", ".join(map(str, images)) or "none"
            raise InvalidInput(image_ids=[f"List each image of the product once: {present}."])
        before = list(images)
        ordered = [images[image_id] for image_id in image_ids]
        if before != list(image_ids):
            _number(ordered)
            order = {"images": (before, list(image_ids))}
            record("catalog.images_ordered", by=by, subject=product, changes=order)
            store_pictures(product)
    return ordered


def delete_image(image_id: int, *, product_id: int, by: Actor, now: datetime) -> None:
    """Delete the image; its files are deleted some minutes later.

    Raises:
        ProductNotFound: there is no such product.
        ImageNotFound: the product has no such image.
    """
    with transaction.atomic():
        product = locked_product(product_id)
        images = list(ProductImage.objects.filter(product=product))
        image = _among(images, image_id=image_id)
        record("catalog.image_deleted", by=by, subject=image, changes={"product": (product_id, None)})
        files.discard(image.file, now=now)
        _number([other for other in images if other.pk != image_id])
        image.delete()
        store_pictures(product)


def _add_decoded(
    product_id: int,
    *,
    encoded: Encoded,
    digest: str,
    alt: str,
    variant_id: int | None,
    by: Actor,
    now: datetime,
) -> tuple[ProductImage, bool]:
    file = files.reserve(product_id, now=now)
    files.write(file, encoded.data)
    with transaction.atomic():
        _lock_seller_of(product_id)
        product = locked_product(product_id)
        if (existing := _existing(product_id, digest=digest)) is not None:
            return existing, False
        _require_variant(product, variant_id=variant_id)
        _require_room(product)
        files.claim(file)
        image = _insert(
            product, encoded=encoded, file=file, digest=digest, alt=alt, variant_id=variant_id, now=now
        )
        record("catalog.image_added", by=by, subject=image, changes={"product": (None, product_id)})
        store_pictures(product)
        publish(Topic.PRODUCT_IMAGE, image.pk)
    return image, True


def _existing(product_id: int, *, digest: str) -> ProductImage | None:
    return ProductImage.objects.filter(product_id=product_id, product__deleted_at=None, digest=digest).first()


def _lock_seller_of(product_id: int) -> None:
    """Lock the account of the product's seller, so that concurrent uploads don't exceed its limit."""
    sellers = Product.objects.filter(pk=product_id).values("seller_id")
    accounts = get_user_model().objects.filter(pk__in=sellers).select_for_update(no_key=True)
    list(accounts.values_list("pk"))


def _require_room(product: Product) -> None:
    images = ProductImage.objects.filter(product__seller_id=product.seller_id, product__deleted_at=None)
    if images.filter(product=product).count() >= settings.IMAGES_PER_PRODUCT:
        raise TooManyImages(scope="product", max_images=settings.IMAGES_PER_PRODUCT)
    if images.count() >= settings.IMAGES_PER_SELLER:
        raise TooManyImages(scope="seller", max_images=settings.IMAGES_PER_SELLER)


def _require_variant(product: Product, *, variant_id: int | None) -> None:
    if variant_id is not None and not Variant.objects.filter(pk=variant_id, product=product).exists():
        raise VariantNotFound(variant_id=variant_id)


def _insert(
    product: Product,
    *,
    encoded: Encoded,
    file: str,
    digest: str,
    alt: str,
    variant_id: int | None,
    now: datetime,
) -> ProductImage:
    return ProductImage.objects.create(
        product=product,
        variant_id=variant_id,
        position=ProductImage.objects.filter(product=product).count() + 1,
        alt=alt,
        width=encoded.width,
        height=encoded.height,
        digest=digest,
        file=file,
        created_at=now,
    )


def _among(images: Sequence[ProductImage], *, image_id: int) -> ProductImage:
    for image in images:
        if image.pk == image_id:
            return image
    raise ImageNotFound(image_id=image_id)


def _number(images: Sequence[ProductImage]) -> None:
    for position, image in enumerate(images, start=1):
        image.position = position
    ProductImage.objects.bulk_update(images, ["position"])
