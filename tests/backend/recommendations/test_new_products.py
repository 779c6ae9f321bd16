"""Products that are newer than the version that serves: neighbours at once, and places beside them."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.catalog.models import Category, Product, Variant
from backend.catalog.services import create_product, update_product
from backend.catalog.variant_services import NewVariant
from backend.outbox.relay import Relay, drain
from backend.recommendations import new_products, services
from backend.recommendations.models import NewProduct
from backend.recommendations.subscribers import NewProducts
from ml.catalogue import Catalogue, ProductFacts
from ml.registry import Registry
from ml.terms import Terms
from tests.backend.recommendations.shop import NOW, Entries, products, register
from tests.backend.shop import SYSTEM, seller
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_opened(redis_url: str) -> Iterator[None]:
    new_products.TERMS.forget()
    new_products.CACHE.forget()
    yield
    new_products.TERMS.forget()
    new_products.CACHE.forget()


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Product]:
    """Ten lamps and ten vases, each of which has a list of the others, in the version that serves."""
    owner = seller()
    made = products(10, seller=owner, name="Lamp") + products(10, seller=owner, name="Vase")
    publish(monkeypatch, tmp_path, made)
    return made


def publish(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: list[Product], *, days: int = 0) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    root = tmp_path / "models"
    facts = [ProductFacts(one.pk, one.title, category=one.category.names) for one in made]
    lists: dict[str, dict[object, Entries]] = {
        "product.hybrid": {
            one.pk: [(other.pk, 1 - place / 100, 0) for place, other in enumerate(made) if other != one]
            for one in made
        }
    }
    register(root, lists, terms=Terms.of(Catalogue.of(facts)), now=NOW + timedelta(days=days))
    services.publish(None, registry=Registry(root), now=NOW, by=SYSTEM)


def create(title: str) -> Product:
    made = create_product(
        title=title,
        category=Category.objects.get(),
        seller_id=Product.objects.values_list("seller_id", flat=True)[0],
        price=Decimal(10),
        currency="USD",
        variants=[NewVariant(sku=f"SKU {title}")],
        now=NOW,
        by=SYSTEM,
    )
    Variant.objects.filter(product=made).update(stock=5)
    return made


def page(product: Product, *, limit: int = 10) -> list[Any]:
    new_products.CACHE.forget()
    response = APIClient().get(f"/api/recommendations/product/{product.pk}/?limit={limit}")
    assert response.status_code == 200, response.content
    return list(response.json()["data"]["results"])


def relayed() -> None:
    drain([NewProducts(clock=timezone.now)], timeout=30)


def test_a_new_product_has_neighbours_and_is_listed_beside_them(shop: list[Product]) -> None:
    new = create("Lamp of a new kind")
    relayed()

    own = page(new)
    assert [row["title"].split()[0] for row in own] == ["Lamp"] * 10
    assert {row["source"] for row in own} == {"content"}
    neighbour = page(shop[0])
    listed = [row for row in neighbour if row["source"] == "new"]
    assert [(row["id"], row["because_product"]) for row in listed] == [(new.pk, shop[0].pk)]
    assert len(neighbour) == 10
    assert new.pk not in {row["id"] for row in page(shop[15])}


@pytest.mark.parametrize(("limit", "most"), [(9, 0), (10, 1), (20, 2)])
def test_at_most_one_in_ten_products_is_new(shop: list[Product], limit: int, most: int) -> None:
    for number in range(5):
        create(f"Lamp of kind {number}")
    relayed()

    rows = page(shop[0], limit=limit)

    assert sum(row["source"] == "new" for row in rows) == most
    scores = [row["score"] for row in rows if row["source"] in ("similar", "new")]
    assert scores == sorted(scores, reverse=True)


def test_a_renamed_product_gets_other_neighbours_and_a_hidden_one_none(shop: list[Product]) -> None:
    new = create("Lamp of a new kind")
    relayed()
    update_product(new.pk, changes={"title": "Vase of a new kind"}, by=SYSTEM)
    relayed()
    assert page(new)[0]["title"].startswith("Vase")

    update_product(new.pk, changes={"is_active": False}, by=SYSTEM)
    relayed()

    assert not NewProduct.objects.exists()


def test_the_next_version_replaces_the_rows(
    shop: list[Product], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old, later = create("Lamp of a new kind"), create("Vase of a new kind")
    subscriber = NewProducts(clock=timezone.now)
    drain([subscriber], timeout=30)
    assert set(NewProduct.objects.values_list("pk", flat=True)) == {old.pk, later.pk}
    NewProduct.objects.filter(pk=later.pk).delete()
    publish(monkeypatch, tmp_path, [*shop, old], days=1)

    update_product(shop[0].pk, changes={"title": "Lamp 0 again"}, by=SYSTEM)
    drain([subscriber], timeout=30)

    assert set(NewProduct.objects.values_list("pk", flat=True)) == {later.pk}


def test_only_so_many_products_have_rows(shop: list[Product], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_products, "KEPT", 2)
    made = [create(f"Lamp of kind {number}") for number in range(4)]

    relayed()

    assert set(NewProduct.objects.values_list("pk", flat=True)) == {one.pk for one in made[2:]}


def test_without_a_version_or_its_terms_nothing_is_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = products(2, seller=seller())
    relayed()
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    register(tmp_path / "models", {})
    services.publish(None, registry=Registry(tmp_path / "models"), now=NOW, by=SYSTEM)
    create("Lamp of a new kind")

    relayed()

    assert not NewProduct.objects.exists()
    assert page(made[0])


def test_the_relay_stores_the_neighbours_of_a_new_product(shop: list[Product]) -> None:
    stopping = threading.Event()
    relay = Relay(lambda: [NewProducts(clock=timezone.now)])
    thread = threading.Thread(target=relay.run, args=[stopping])
    thread.start()
    try:
        new = create("Lamp of a new kind")
        wait_until(lambda: NewProduct.objects.filter(pk=new.pk).exists(), what="the product has neighbours")
    finally:
        stopping.set()
        thread.join()


def test_products_that_were_created_while_the_terms_could_not_be_read_are_listed_later(
    shop: list[Product], tmp_path: Path
) -> None:
    subscriber = NewProducts(clock=timezone.now)
    (file,) = (tmp_path / "models").glob("*/terms.arrays")
    hidden = file.rename(tmp_path / "hidden")
    missed = create("Lamp of a new kind")
    drain([subscriber], timeout=30)
    assert not NewProduct.objects.exists()

    hidden.rename(file)
    later = create("Vase of a new kind")
    drain([subscriber], timeout=30)

    assert set(NewProduct.objects.values_list("pk", flat=True)) == {missed.pk, later.pk}
