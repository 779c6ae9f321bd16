"""Thumbnails are created once, even if a task is lost, repeated or fails."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from backend.catalog.errors import ImageStorageUnavailable
from backend.catalog.images import files
from backend.catalog.images.files import THUMBNAIL_SET, THUMBNAIL_SIZES, name_of, sweep
from backend.catalog.images.models import ProductImage, UnusedFile
from backend.catalog.images.services import add_image, delete_image
from backend.catalog.images.thumbnails import MAX_ATTEMPTS, make_missing_thumbnails, make_thumbnails
from backend.catalog.models import Product
from backend.catalog.services import delete_product
from backend.catalog.subscribers import ThumbnailRequests
from backend.catalog.tasks import make_missing_thumbnails as missing_task
from backend.catalog.tasks import make_thumbnails as task
from backend.catalog.tasks import sweep_image_files
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend.catalog.images import samples
from tests.backend.shop import NOW, SYSTEM, product

pytestmark = pytest.mark.django_db


def add(size: tuple[int, int] = (1_200, 600)) -> ProductImage:
    return add_image(product().pk, data=samples.jpeg(size), by=SYSTEM, now=NOW)[0]


def existing(image: ProductImage) -> list[int]:
    return [size for size in THUMBNAIL_SIZES if default_storage.exists(name_of(image.file, size=size))]


def sizes(image: ProductImage) -> Any:
    return Product.objects.get(pk=image.product_id).pictures[0]["sizes"]


@pytest.mark.parametrize(
    ("size", "expected"), [((1_200, 600), [160, 480, 960]), ((300, 500), [160, 480]), ((160, 90), [])]
)
def test_an_image_has_only_thumbnails_smaller_than_itself(size: tuple[int, int], expected: list[int]) -> None:
    image = add(size)
    assert sizes(image) == []
    Message.objects.all().delete()

    assert task(image.pk)

    assert sizes(image) == existing(image) == expected
    assert Message.objects.filter(topic=Topic.PRODUCT, key=str(image.product_id)).exists()


def test_a_repeated_task_changes_nothing() -> None:
    image = add()
    assert make_thumbnails(image.pk, now=NOW)
    Message.objects.all().delete()

    assert not make_thumbnails(image.pk, now=NOW)
    assert not make_thumbnails(10**9, now=NOW)
    assert not Message.objects.exists()


def test_the_scheduled_task_creates_thumbnails_of_lost_tasks() -> None:
    images = [add(), add((400, 400))]
    make_thumbnails(images[0].pk, now=NOW)

    assert missing_task() == 1
    assert missing_task() == 0
    assert set(ProductImage.objects.values_list("thumbnail_set", flat=True)) == {THUMBNAIL_SET}


def test_an_unreadable_image_is_skipped_after_several_attempts_and_does_not_block_others() -> None:
    broken, lost, good = add(), add(), add()
    default_storage.save(name_of(broken.file), ContentFile(b"RIFF, but no image"))
    default_storage.delete(name_of(lost.file))

    assert [make_missing_thumbnails(limit=10, now=NOW) for _ in range(MAX_ATTEMPTS + 2)] == [1] + [0] * (
        MAX_ATTEMPTS + 1
    )
    attempts = dict(ProductImage.objects.values_list("pk", "thumbnail_attempts"))
    assert attempts == {broken.pk: MAX_ATTEMPTS, lost.pk: MAX_ATTEMPTS, good.pk: 1}
    with pytest.raises(ImageStorageUnavailable):
        make_thumbnails(lost.pk, now=NOW)


def test_thumbnails_of_an_image_that_was_deleted_meanwhile_are_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = add()
    read = files.read

    def read_and_delete(file: str) -> bytes:
        data: bytes = read(file)
        delete_image(image.pk, product_id=image.product_id, by=SYSTEM, now=NOW)
        sweep(now=NOW + timedelta(days=1))
        return data

    monkeypatch.setattr(files, "read", read_and_delete)

    assert not make_thumbnails(image.pk, now=NOW)
    assert existing(image), "they were written after the files were removed"
    assert UnusedFile.objects.filter(file=image.file).exists()
    assert sweep_image_files() == 1
    assert not existing(image)


def test_an_image_of_a_deleted_product_gets_its_thumbnails() -> None:
    image = add()
    delete_product(image.product_id, by=SYSTEM, now=NOW)

    assert make_thumbnails(image.pk, now=NOW)


def test_new_images_are_requested_by_their_id() -> None:
    requested: list[int] = []
    image = add()
    (message,) = Message.objects.filter(topic=Topic.PRODUCT_IMAGE)

    ThumbnailRequests(requested.append).handle([Notice(Topic.PRODUCT_IMAGE, message.key)])

    assert requested == [image.pk]
