"""Slugs are readable, unique, and stay with their product."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from backend.catalog.models import Product, ProductSlug
from backend.catalog.services import delete_product, update_product
from backend.catalog.slugs import complete, slug_of
from backend.outbox.models import Message
from tests.backend.shop import NOW, SYSTEM, product, seller
from tests.backend.together import together


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("A lamp, blue!", "a-lamp-blue"),
        ("Café crème", "cafe-creme"),
        ("Größe", "größe"),
        ("銅のやかん 2L", "銅のやかん-2l"),
        ("Лампа настольная", "лампа-настольная"),
        ("★", "product"),
        ("../../etc?x=1#y", "etcx1y"),
        ("--_-a-_--", "a"),
        ("x" * 999, "x" * 100),
        (" ".join(["lamp"] * 50), "-".join(["lamp"] * 20)),
    ],
)
def test_the_slug_describes_a_title(title: str, slug: str) -> None:
    assert slug_of(title) == slug


@pytest.mark.django_db
def test_products_with_the_same_title_have_different_slugs() -> None:
    first, second = product("A lamp"), product("A lamp")
    assert (first.slug, second.slug) == ("a-lamp", f"a-lamp-{second.pk}")
    assert Product.objects.get(pk=second.pk).slug == second.slug


@pytest.mark.django_db
def test_a_title_that_ends_in_the_id_of_another_product_collides_with_nothing() -> None:
    first = product("A lamp")
    product(f"A lamp {first.pk + 2}")
    third = product("A lamp")
    assert third.slug == f"a-lamp-{third.pk}-{third.pk}"


@pytest.mark.django_db
def test_a_slug_is_never_given_to_another_product() -> None:
    renamed, deleted = product("A lamp"), product("A chair")
    update_product(renamed.pk, changes={"title": "A bulb"}, by=SYSTEM)
    delete_product(deleted.pk, by=SYSTEM, now=NOW)
    lamp, chair = product("A lamp"), product("A chair")
    assert (lamp.slug, chair.slug) == (f"a-lamp-{lamp.pk}", f"a-chair-{chair.pk}")


@pytest.mark.django_db
def test_a_title_with_the_same_slug_changes_nothing() -> None:
    lamp = product("A lamp")
    assert update_product(lamp.pk, changes={"title": "A lamp!"}, by=SYSTEM).slug == "a-lamp"
    assert [row.slug for row in ProductSlug.objects.all()] == ["a-lamp"]


@pytest.mark.django_db
def test_products_of_an_earlier_release_keep_their_slugs_unless_they_share_one() -> None:
    deleted, oldest, other, kettle = (product(title) for title in ("Old", "A lamp", "A lamp", "Kettle"))
    delete_product(deleted.pk, by=SYSTEM, now=NOW)
    ProductSlug.objects.all().delete()
    Product.unpublished.exclude(pk=kettle.pk).update(slug="lamp")
    Product.unpublished.filter(pk=kettle.pk).update(slug="the-kettle")
    Message.objects.all().delete()
    assert complete(batch=1) == 2
    slugs = dict(Product.objects.values_list("pk", "slug"))
    assert slugs == {
        oldest.pk: "lamp",
        other.pk: "a-lamp",
        kettle.pk: "the-kettle",
        deleted.pk: "old",
    }
    assert {message.key for message in Message.objects.all()} == {str(other.pk), str(deleted.pk)}
    assert complete() == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductSlug.objects.create(slug="lamp", product=kettle)


@pytest.mark.django_db
def test_a_slug_that_is_not_reserved_yet_stays_with_its_product() -> None:
    renamed, old, other = product("A lamp"), product("A chair"), product("A table")
    ProductSlug.objects.all().delete()
    chair = product("A chair")
    update_product(renamed.pk, changes={"title": "A table"}, by=SYSTEM)
    owners = dict(ProductSlug.objects.values_list("slug", "product_id"))
    assert owners == {
        "a-chair": old.pk,
        f"a-chair-{chair.pk}": chair.pk,
        "a-lamp": renamed.pk,
        "a-table": other.pk,
        f"a-table-{renamed.pk}": renamed.pk,
    }


@pytest.mark.django_db(transaction=True)
def test_products_that_are_created_at_once_have_different_slugs() -> None:
    sold_by = seller()
    product("Something", sold_by=sold_by)
    created = together(*[partial(product, "A lamp", sold_by=sold_by) for _ in range(4)])
    slugs = sorted(Product.objects.filter(title="A lamp").values_list("slug", flat=True))
    assert len(set(slugs)) == 4, created
    assert slugs[0] == "a-lamp"
