"""Adding, changing, ordering and deleting images."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import Storage, default_storage

from backend.api.errors import InvalidInput, StorageFull, translated
from backend.audit.models import AuditEntry
from backend.catalog.errors import (
    ImageNotFound,
    ImageRefused,
    ImagesBusy,
    ImageStorageUnavailable,
    ImageTooLarge,
    ProductNotFound,
    TooManyImages,
    VariantNotFound,
)
from backend.catalog.images import decoding, files, services
from backend.catalog.images.files import name_of, sweep
from backend.catalog.images.models import ProductImage, UnusedFile
from backend.catalog.images.services import add_image, delete_image, order_images, update_image
from backend.catalog.models import Product
from backend.catalog.services import delete_product
from backend.catalog.variant_services import delete_variant, locked_product
from backend.outbox.models import Message
from backend.outbox.topics import Topic
from tests.backend.catalog.images import samples
from tests.backend.shop import NOW, SYSTEM, product
from tests.backend.together import kinds, together

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=2)


def add(owner: Product, *, colour: int = 0, **options: Any) -> ProductImage:
    """Add an image whose bytes differ for each `colour`."""
    data = samples.png((20 + colour, 15))
    return add_image(owner.pk, data=data, by=SYSTEM, now=NOW, **options)[0]


def image_ids(owner: Product) -> list[int]:
    return [picture["id"] for picture in Product.objects.get(pk=owner.pk).pictures]


def is_stored(image: ProductImage) -> bool:
    return default_storage.exists(name_of(image.file))


def test_an_added_image_is_stored_recorded_and_published() -> None:
    lamp = product()
    Message.objects.all().delete()

    image, is_new = add_image(lamp.pk, data=samples.jpeg((60, 40)), alt="A lamp", by=SYSTEM, now=NOW)

    assert is_new
    assert is_stored(image)
    assert Product.objects.get(pk=lamp.pk).pictures == [
        {
            "id": image.pk,
            "file": image.file,
            "width": 60,
            "height": 40,
            "alt": "A lamp",
            "variant": None,
            "sizes": [],
        }
    ]
    published = set(Message.objects.values_list("topic", "key"))
    assert published == {(Topic.PRODUCT, str(lamp.pk)), (Topic.PRODUCT_IMAGE, str(image.pk))}
    assert AuditEntry.objects.filter(action="catalog.image_added").count() == 1
    assert not UnusedFile.objects.exists()


def test_a_file_uploaded_twice_is_one_image_per_product() -> None:
    lamp, fan = product(), product()

    first, second, other = add(lamp), add(lamp, alt="again"), add(fan)

    assert first.pk == second.pk != other.pk
    assert ProductImage.objects.count() == 2
    assert second.alt == ""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"alt": "Side view"}, [0, 1, 2]),
        ({"position": 1}, [2, 0, 1]),
        ({"position": 2}, [0, 2, 1]),
        ({"position": 900}, [0, 1, 2]),
        ({}, [0, 1, 2]),
    ],
)
def test_the_alternative_text_and_the_position_of_an_image_can_be_changed(
    change: dict[str, Any], expected: list[int]
) -> None:
    lamp = product()
    images = [add(lamp, colour=number) for number in range(3)]

    update_image(images[2].pk, product_id=lamp.pk, changes=change, by=SYSTEM)

    assert image_ids(lamp) == [images[index].pk for index in expected]
    assert ProductImage.objects.get(pk=images[2].pk).alt == change.get("alt", "")
    assert sorted(ProductImage.objects.values_list("position", flat=True)) == [1, 2, 3]


def test_an_image_can_only_be_assigned_to_a_variant_of_its_product() -> None:
    lamp, fan = product(stock=[1, 1]), product()
    image, foreign = add(lamp), fan.variants.get()
    variant = lamp.variants.all()[1]

    update_image(image.pk, product_id=lamp.pk, changes={"variant_id": variant.pk}, by=SYSTEM)
    with pytest.raises(VariantNotFound):
        update_image(image.pk, product_id=lamp.pk, changes={"variant_id": foreign.pk}, by=SYSTEM)
    with pytest.raises(VariantNotFound):
        add(lamp, colour=1, variant_id=foreign.pk)

    assert Product.objects.get(pk=lamp.pk).pictures[0]["variant"] == variant.pk


def test_an_image_of_a_deleted_variant_is_kept_for_the_product() -> None:
    lamp = product(stock=[0, 0])
    variant = lamp.variants.all()[1]
    image = add(lamp, variant_id=variant.pk)

    assert delete_variant(variant.pk, product_id=lamp.pk, by=SYSTEM) is False

    assert ProductImage.objects.get(pk=image.pk).variant_id is None
    assert Product.objects.get(pk=lamp.pk).pictures[0]["variant"] is None


@pytest.mark.parametrize(
    "order",
    [
        lambda own, foreign: [own[0]],
        lambda own, foreign: [own[0], own[0]],
        lambda own, foreign: [own[0], foreign],
        lambda own, foreign: [*own, foreign],
        lambda own, foreign: [],
    ],
    ids=["missing", "twice", "of another product", "one more", "empty"],
)
def test_an_order_of_images_must_contain_each_image_of_the_product_once(
    order: Callable[[list[int], int], list[int]],
) -> None:
    lamp, fan = product(), product()
    own = [add(lamp, colour=number).pk for number in range(2)]

    with pytest.raises(InvalidInput):
        order_images(lamp.pk, image_ids=order(own, add(fan).pk), by=SYSTEM)
    assert image_ids(lamp) == own

    order_images(lamp.pk, image_ids=own[::-1], by=SYSTEM)
    assert image_ids(lamp) == own[::-1]


def test_a_deleted_image_is_not_listed_and_its_files_are_removed_later() -> None:
    lamp = product()
    deleted, kept = add(lamp), add(lamp, colour=1)

    delete_image(deleted.pk, product_id=lamp.pk, by=SYSTEM, now=NOW)

    assert image_ids(lamp) == [kept.pk]
    assert (sweep(now=NOW), is_stored(deleted)) == (0, True), (
        "a page that was loaded before may still show it"
    )
    assert (sweep(now=LATER), is_stored(deleted), is_stored(kept)) == (1, False, True)
    assert not default_storage.exists(deleted.file)
    assert not UnusedFile.objects.exists()
    with pytest.raises(ImageNotFound):
        delete_image(deleted.pk, product_id=lamp.pk, by=SYSTEM, now=NOW)


def test_an_image_of_another_product_cannot_be_changed_or_deleted() -> None:
    lamp, fan = product(), product()
    foreign = add(fan)

    with pytest.raises(ImageNotFound):
        update_image(foreign.pk, product_id=lamp.pk, changes={"alt": "mine"}, by=SYSTEM)
    with pytest.raises(ImageNotFound):
        delete_image(foreign.pk, product_id=lamp.pk, by=SYSTEM, now=NOW)


def test_no_image_is_stored_for_a_deleted_product_or_a_refused_file(settings: Any) -> None:
    lamp, deleted = product(), product()
    delete_product(deleted.pk, by=SYSTEM, now=NOW)
    settings.IMAGE_MAX_BYTES = 1_000

    with pytest.raises(ProductNotFound):
        add(deleted)
    with pytest.raises(ImageRefused):
        add_image(lamp.pk, data=b"<svg/>", by=SYSTEM, now=NOW)
    with pytest.raises(ImageTooLarge):
        add_image(lamp.pk, data=bytes(1_001), by=SYSTEM, now=NOW)

    assert not ProductImage.objects.exists()


def test_the_number_of_images_of_a_product_and_of_a_seller_is_limited(settings: Any) -> None:
    settings.IMAGES_PER_PRODUCT, settings.IMAGES_PER_SELLER = 2, 3
    lamp = product()
    fan, foreign = product(sold_by=lamp.seller), product()
    for number in range(2):
        add(lamp, colour=number)
    add(fan)

    for owner, scope in ((lamp, "product"), (fan, "seller")):
        with pytest.raises(TooManyImages) as refused:
            add(owner, colour=9)
        assert refused.value.details["scope"] == scope
    assert add(lamp).pk == image_ids(lamp)[0], "a file that the product already has is not refused"
    add(foreign)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("per_product", "per_seller", "same_product"),
    [(2, 100, True), (100, 2, False)],
    ids=["product", "seller"],
)
def test_concurrent_uploads_do_not_exceed_a_limit(
    settings: Any, per_product: int, per_seller: int, same_product: bool
) -> None:
    settings.IMAGES_PER_PRODUCT, settings.IMAGES_PER_SELLER = per_product, per_seller
    lamp = product()
    fan = product(sold_by=lamp.seller)

    outcomes = together(
        *(
            lambda number=number: add(lamp if same_product or number % 2 else fan, colour=number)
            for number in range(5)
        )
    )

    assert kinds(outcomes) == ["ProductImage"] * 2 + ["TooManyImages"] * 3
    assert ProductImage.objects.count() == 2
    sweep(now=LATER)
    assert all(is_stored(image) for image in ProductImage.objects.all())


def test_an_upload_keeps_its_slot_until_it_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    lamp = product()
    monkeypatch.setattr(decoding, "_WAIT_SECONDS", 0.01)
    free = []

    def count_free(product_id: int) -> Product:
        free.append(decoding._slots._value)
        return locked_product(product_id)

    monkeypatch.setattr(services, "locked_product", count_free)
    add(lamp)
    assert free == [decoding._AT_ONCE - 1]
    with decoding.slot(), decoding.slot(), pytest.raises(ImagesBusy):
        add(lamp, colour=1)


@pytest.mark.django_db(transaction=True)
def test_concurrent_uploads_of_one_file_create_one_image() -> None:
    lamp = product()

    outcomes = together(*(lambda: add(lamp).pk for _ in range(4)))

    assert len(set(outcomes)) == 1
    assert ProductImage.objects.count() == len(image_ids(lamp)) == 1
    sweep(now=LATER)
    assert is_stored(ProductImage.objects.get())


class FailingStorage(Storage):
    """A storage whose writes fail with `error`."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def _save(self, name: str, content: Any) -> str:
        raise self.error

    def exists(self, name: str) -> bool:
        return False


@pytest.mark.parametrize(
    ("error", "expected"),
    [(OSError(5, "I/O error"), ImageStorageUnavailable), (OSError(28, "full"), StorageFull)],
)
def test_no_image_is_created_if_the_storage_fails(
    settings: Any, monkeypatch: pytest.MonkeyPatch, error: OSError, expected: type[Exception]
) -> None:
    lamp = product()
    monkeypatch.setattr("backend.catalog.images.files.default_storage", FailingStorage(error))

    with pytest.raises((ImageStorageUnavailable, OSError)) as raised:
        add(lamp)

    assert isinstance(translated(raised.value), expected)
    assert not ProductImage.objects.exists()
    assert UnusedFile.objects.count() == 1, "files that may have been written are removed later"


class Killed(BaseException):
    """Raised instead of killing the process."""


def test_files_are_removed_if_the_process_was_killed_before_the_row_was_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lamp = product()

    def kill(*args: Any, **kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(files, "claim", kill)
        with pytest.raises(Killed):
            add(lamp)
    (unused,) = UnusedFile.objects.all()

    assert default_storage.exists(name_of(unused.file))
    assert sweep(now=NOW) == 0, "another upload may still be writing"
    assert sweep(now=LATER) == 1
    assert not default_storage.exists(name_of(unused.file))
    assert add(lamp).pk in image_ids(lamp)


def test_an_upload_is_refused_if_its_files_were_removed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    lamp = product()
    write = files.write

    def write_and_sweep(file: str, data: bytes) -> None:
        write(file, data)
        sweep(now=LATER)

    monkeypatch.setattr(files, "write", write_and_sweep)
    with pytest.raises(ImageStorageUnavailable):
        add(lamp)

    assert not ProductImage.objects.exists()
