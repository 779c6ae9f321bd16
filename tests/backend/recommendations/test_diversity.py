"""Lists are diversified by families and categories of products, as the version says or a setting of the slot."""

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.catalog.models import Product
from backend.recommendations.checks import check_slots
from ml.diversity import Kind
from tests.backend.recommendations.shop import Entries, products, publish
from tests.backend.shop import seller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def shop() -> list[Product]:
    return products(6, seller=seller())


def entries(listed: list[Product]) -> Entries:
    return [(product.pk, 1.0 - place / 100, 0) for place, product in enumerate(listed)]


def kinds(shop: list[Product]) -> dict[int, Kind]:
    """Return one family and category for the first three products, and others for the next ones."""
    return {product.pk: (1, 1) if place < 3 else (place, place) for place, product in enumerate(shop)}


def shown(path: str) -> list[int]:
    response = APIClient().get(f"/api/recommendations/{path}")
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["data"]["results"]]


def test_products_of_a_family_are_apart_as_the_version_says(shop: list[Product], tmp_path: Path) -> None:
    page = shop[5].pk
    publish(tmp_path, {"product.hybrid": {page: entries(shop[:4])}}, kinds=kinds(shop), diversity=0.2)

    one, two, _, other = (product.pk for product in shop[:4])
    assert shown(f"product/{page}/?limit=3") == [one, other, two]


def test_a_setting_of_the_slot_comes_before_the_version(
    shop: list[Product], settings: Any, tmp_path: Path
) -> None:
    page = shop[5].pk
    by_rank = [product.pk for product in shop[:4]]
    listed: dict[str, dict[object, Entries]] = {
        name: {page: entries(shop[:4])} for name in ("product.hybrid", "product.together")
    }
    publish(tmp_path, listed, kinds=kinds(shop), diversity=0.2)
    settings.RECOMMENDATION_DIVERSITY = {"product": 0.0}

    assert shown(f"product/{page}/?limit=4") == by_rank
    assert shown(f"product/{page}/together/?limit=4") != by_rank


def test_products_that_are_not_shown_dont_count(shop: list[Product], tmp_path: Path) -> None:
    page = shop[5].pk
    publish(
        tmp_path,
        {"product.hybrid": {page: entries([shop[0], shop[1], shop[3]])}},
        kinds=kinds(shop),
        diversity=0.2,
    )

    assert shown(f"product/{page}/?limit=2&exclude={shop[0].pk}") == [shop[1].pk, shop[3].pk]


def test_a_version_without_families_is_shown_by_rank(
    shop: list[Product], settings: Any, tmp_path: Path
) -> None:
    settings.RECOMMENDATION_DIVERSITY = {"product": 0.5}
    publish(tmp_path, {"product.hybrid": {shop[5].pk: entries(shop[:4])}})

    assert shown(f"product/{shop[5].pk}/?limit=4") == [product.pk for product in shop[:4]]


def test_a_slot_that_does_not_exist_is_named(settings: Any) -> None:
    settings.RECOMMENDATION_DIVERSITY = {"product": 0.1, "products": 0.1}

    [warning] = check_slots()

    assert warning.msg == "RECOMMENDATION_DIVERSITY names no slot of recommendations: products."
    assert "product, together, cart" in str(warning.hint)
    settings.RECOMMENDATION_DIVERSITY = {"buy_again": 0.1}
    assert check_slots() == []
