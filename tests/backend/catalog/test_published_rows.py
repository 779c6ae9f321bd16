"""Writes to the catalogue without its services are published, so that the search index receives them."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from backend.catalog.models import Category, Product, Variant
from backend.outbox.models import Message
from backend.outbox.topics import Topic
from tests.backend.shop import product

pytestmark = pytest.mark.django_db


def renamed(row: Product) -> Product:
    row.title = "Renamed"
    return row


def priced(row: Variant) -> Variant:
    row.sale_price = Decimal(5)
    return row


WRITES: dict[str, Callable[[Product, Variant], object]] = {
    "update of products": lambda row, variant: Product.objects.filter(pk=row.pk).update(title="Renamed"),
    "update of a filtered column": lambda row, variant: Product.objects.filter(brand=row.brand).update(
        brand="Another"
    ),
    "bulk_update of products": lambda row, variant: Product.objects.bulk_update([renamed(row)], ["title"]),
    "save of a product": lambda row, variant: renamed(row).save(),
    "update of variants": lambda row, variant: Variant.objects.filter(pk=variant.pk).update(is_active=False),
    "update of a product's variants": lambda row, variant: row.variants.update(is_active=False),
    "bulk_update of variants": lambda row, variant: Variant.objects.bulk_update(
        [priced(variant)], ["sale_price"]
    ),
    "save of a variant": lambda row, variant: priced(variant).save(),
    "bulk_create of variants": lambda row, variant: Variant.objects.bulk_create(
        [Variant(product=row, sku="ANOTHER", sale_price=1)]
    ),
    "delete of a variant": lambda row, variant: variant.delete(),
    "delete of variants": lambda row, variant: Variant.objects.filter(pk=variant.pk).delete(),
}


def published(topic: Topic) -> list[str]:
    return list(Message.objects.filter(topic=topic).order_by("pk").values_list("key", flat=True))


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_write_publishes_the_product_once(write: Callable[[Product, Variant], object]) -> None:
    row = product("Brass lantern", brand="Lumen")
    variant = Variant.objects.create(product=row, sku="NEVER-STOCKED", sale_price=1)
    product("Another")
    Message.objects.all().delete()

    write(row, variant)

    assert published(Topic.PRODUCT) == [str(row.pk)]


def test_an_update_of_categories_publishes_them() -> None:
    category = product("Brass lantern").category
    Message.objects.all().delete()

    Category.objects.filter(pk=category.pk).update(name="Lights")

    assert published(Topic.CATEGORY) == [str(category.pk)]


def test_nothing_is_published_of_a_write_that_fails() -> None:
    row = product("Brass lantern")
    Message.objects.all().delete()

    with pytest.raises(ValidationError, match="decimal number"):
        Product.objects.filter(pk=row.pk).update(price="free")

    assert published(Topic.PRODUCT) == []


def test_a_write_without_publishing_is_possible() -> None:
    row = product("Brass lantern")
    Message.objects.all().delete()

    Product.unpublished.filter(pk=row.pk).update(title="Renamed")

    assert published(Topic.PRODUCT) == []
