"""The drawn images of the generated shop."""

from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from backend.catalog.images.files import name_of
from backend.catalog.images.models import ProductImage, UnusedFile
from backend.catalog.models import Product
from demo import pictures, vocabulary
from demo.drawing.canvas import PRIMITIVES, SIZE
from demo.drawing.shapes import colour_of, picture, shapes
from demo.populate import History, store, store_pictures_of

pytestmark = pytest.mark.once


def test_every_noun_of_the_vocabulary_has_a_shape() -> None:
    nouns = {noun for leaf in vocabulary.load().leaves for noun in leaf.nouns}

    assert nouns == set(shapes())
    assert {part.primitive for parts in shapes().values() for part in parts} == set(PRIMITIVES)


def test_an_image_is_reproducible_and_depends_on_the_colour() -> None:
    navy, rust = (picture("mug", colour=colour_of(name), label="mug") for name in ("Navy", "Rust"))

    assert picture("mug", colour=colour_of("Navy"), label="mug").tobytes() == navy.tobytes()
    assert navy.tobytes() != rust.tobytes()
    assert navy.size == (SIZE, SIZE)


def test_the_longest_name_of_a_colour_in_a_text_is_used() -> None:
    assert colour_of("Sky blue") == colour_of("a sky blue lamp")
    assert colour_of("oak") != colour_of("glass")


@pytest.mark.django_db
def test_every_product_has_one_small_image_for_each_colour(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "CHUNK", 20)
    store(history)

    first = store_pictures_of(history)
    second = store_pictures_of(history)

    assert (first, second) == (ProductImage.objects.count(), 0)
    assert not UnusedFile.objects.exists()
    for product in Product.objects.prefetch_related("images", "variants"):
        shown: list[Any] = product.pictures
        assert [picture["id"] for picture in shown] == [image.pk for image in product.images.all()]
        colours = {variant.attributes.get("Colour", "") for variant in product.variants.all()}
        assert len(shown) == min(len(colours), pictures.MAX_COLOURS)
        assert all(picture["alt"] for picture in shown)
    sample = ProductImage.objects.order_by("pk")[:20]
    sizes = [default_storage.size(name_of(image.file, size=size)) for image in sample for size in (None, 160)]
    assert max(sizes) < 12_000
    with default_storage.open(name_of(sample[0].file)) as stored, Image.open(stored) as image:
        assert image.size == (SIZE, SIZE)
