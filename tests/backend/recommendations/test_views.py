"""Recommendations over HTTP."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from analytics_pipeline.settings import PipelineSettings
from backend.accounts.models import User
from backend.catalog.models import Product, Variant
from backend.engines import streams
from backend.exposures import services as exposures
from backend.orders.models import Order, OrderStatus
from tests.analytics_pipeline import samples
from tests.backend.recommendations.shop import NOW, Entries, buy, products, publish
from tests.backend.shop import seller

pytestmark = pytest.mark.django_db

PATH = "/api/recommendations/user/"


@pytest.fixture
def customer() -> User:
    return User.objects.create_user(phone="+15550000001", password="a long secret")


@pytest.fixture
def shop() -> list[Product]:
    return products(12, seller=seller())


@pytest.fixture
def api(redis_url: str) -> Iterator[APIClient]:
    streams.recent_products.cache_clear()
    yield APIClient()
    streams.recent_products().close()
    streams.recent_products.cache_clear()


@pytest.fixture
def exposed() -> Iterator[list[exposures.ShownList]]:
    recorded: list[exposures.ShownList] = []
    before = exposures._sink[0]
    exposures.register_sink(recorded.append)
    yield recorded
    exposures.register_sink(before)


def append_interactions(key: UUID, *products_seen: Product) -> None:
    samples.append_interactions(
        PipelineSettings.from_env(), key, products={product.pk: NOW for product in products_seen}
    )


def get(api: APIClient, path: str, *, status: int = 200, guest: object = None) -> Any:
    response = api.get(path, headers={} if guest is None else {"X-Anonymous-Id": str(guest)})
    assert response.status_code == status, response.content
    return response.json()


def ids(body: Any) -> list[int]:
    return [row["id"] for row in body["data"]["results"]]


def test_a_customer_is_shown_the_published_list_with_its_reasons(
    api: APIClient, shop: list[Product], customer: User, tmp_path: Path
) -> None:
    best, second, reason = (product.pk for product in shop[:3])
    publish(tmp_path, {"user.hybrid": {str(customer.shopper_key): [(best, 0.9, reason), (second, 0.3, 0)]}})
    api.force_authenticate(customer)

    body = get(api, f"{PATH}?limit=2")

    assert ids(body) == [best, second]
    first = body["data"]["results"][0]
    assert (first["reason"], first["because_product"]) == ("Because of your interest in Lamp 2.", reason)
    assert body["data"]["algorithm"] == body["data"]["requested_algorithm"] == "hybrid"
    assert body["data"]["degraded"] is False


def test_each_algorithm_has_its_own_list(
    api: APIClient, shop: list[Product], customer: User, tmp_path: Path
) -> None:
    key = str(customer.shopper_key)
    names = ("collaborative", "content_based", "hybrid")
    publish(tmp_path, {f"user.{name}": {key: [(shop[index].pk, 1, 0)]} for index, name in enumerate(names)})
    api.force_authenticate(customer)

    found = [ids(get(api, f"{PATH}?limit=1&algorithm={name}")) for name in names]

    assert found == [[product.pk] for product in shop[:3]]


def test_bought_sold_out_and_inactive_products_are_left_out(
    api: APIClient, shop: list[Product], customer: User, tmp_path: Path
) -> None:
    bought, sold_out, inactive, available = shop[:4]
    buy(customer, bought)
    Variant.objects.filter(product=sold_out).update(reserved=5)
    Product.objects.filter(pk=inactive.pk).update(is_active=False)
    entries = [(product.pk, 1.0 - index / 10, 0) for index, product in enumerate(shop[:4])]
    publish(tmp_path, {"user.hybrid": {str(customer.shopper_key): entries}})
    api.force_authenticate(customer)

    body = get(api, f"{PATH}?limit=50")

    assert ids(body)[0] == available.pk
    assert not {bought.pk, sold_out.pk, inactive.pk} & set(ids(body))


def test_a_shop_without_any_stock_still_recommends(api: APIClient, shop: list[Product]) -> None:
    Variant.objects.update(stock=0)

    body = get(api, f"{PATH}?limit=3")

    assert ids(body) == [product.pk for product in reversed(shop[-3:])]
    assert not any(row["in_stock"] for row in body["data"]["results"])


def test_a_guests_recent_product_changes_the_next_list(
    api: APIClient, shop: list[Product], tmp_path: Path
) -> None:
    seen, near, popular = shop[0], shop[1], shop[5]
    publish(
        tmp_path,
        {
            "product.hybrid": {seen.pk: [(near.pk, 0.4, 0)]},
            "everyone.popularity": {"": [(popular.pk, 9, 0), (seen.pk, 8, 0)]},
        },
    )
    guest = uuid4()
    before = get(api, f"{PATH}?limit=2", guest=guest)

    append_interactions(guest, seen)
    after = get(api, f"{PATH}?limit=2", guest=guest)

    assert ids(before) == [popular.pk, seen.pk]
    assert before["data"]["algorithm"] == "popularity"
    assert ids(after) == [near.pk, shop[-1].pk]
    assert after["data"]["algorithm"] == "hybrid"
    assert [row["reason_code"] for row in after["data"]["results"]] == ["recent", "popular"]


def test_a_guest_with_only_new_products_gets_a_content_based_list_with_the_reason(
    api: APIClient, shop: list[Product], tmp_path: Path
) -> None:
    new, similar = shop[0], shop[1]
    publish(tmp_path, {"product.content_based": {new.pk: [(similar.pk, 0.5, 0)]}})
    guest = uuid4()
    append_interactions(guest, new)

    body = get(api, f"{PATH}?algorithm=collaborative&limit=1", guest=guest)

    assert ids(body) == [similar.pk]
    assert body["data"]["algorithm"] == "content_based"
    assert "Not enough data for collaborative" in body["data"]["reason"]


def test_a_product_of_a_cancelled_order_is_recommended_again(
    api: APIClient, shop: list[Product], customer: User, tmp_path: Path
) -> None:
    ordered = shop[0]
    buy(customer, ordered)
    publish(tmp_path, {"user.hybrid": {str(customer.shopper_key): [(ordered.pk, 1.0, 0)]}})
    api.force_authenticate(customer)
    before = ids(get(api, f"{PATH}?limit=50"))

    Order.objects.update(status=OrderStatus.CANCELLED)

    assert ordered.pk not in before
    assert ids(get(api, f"{PATH}?limit=1")) == [ordered.pk]


def test_a_product_too_new_for_the_algorithm_gets_content_based_recommendations(
    api: APIClient, shop: list[Product], tmp_path: Path
) -> None:
    new, similar = shop[0], shop[1]
    publish(tmp_path, {"product.content_based": {new.pk: [(similar.pk, 0.5, 0)]}})

    body = get(api, f"/api/recommendations/product/{new.pk}/?algorithm=collaborative&limit=1")

    assert ids(body) == [similar.pk]
    assert body["data"]["algorithm"] == "content_based"
    assert "Not enough data for collaborative" in body["data"]["reason"]


def test_a_product_is_never_recommended_on_its_own_page(
    api: APIClient, shop: list[Product], tmp_path: Path
) -> None:
    publish(tmp_path, {"everyone.popularity": {"": [(product.pk, 1, 0) for product in shop]}})

    body = get(api, f"/api/recommendations/product/{shop[0].pk}/?limit=50")

    assert set(ids(body)) == {product.pk for product in shop[1:]}


def test_without_a_published_model_popular_products_are_shown_with_the_reason(
    api: APIClient, shop: list[Product], customer: User
) -> None:
    api.force_authenticate(customer)

    body = get(api, f"{PATH}?limit=3")

    assert ids(body) == [product.pk for product in reversed(shop[-3:])]
    assert body["data"]["algorithm"] == "popularity"
    assert body["data"]["degraded"] is True
    assert "No model is published yet." in body["data"]["reason"]


def test_without_redis_the_published_list_is_served_as_degraded(
    shop: list[Product], customer: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, {"user.hybrid": {str(customer.shopper_key): [(shop[0].pk, 1, 0)]}})
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    streams.recent_products.cache_clear()
    api = APIClient()
    api.force_authenticate(customer)

    body = get(api, f"{PATH}?limit=1")

    assert ids(body) == [shop[0].pk]
    assert body["data"]["degraded"] is True
    assert "could not be read" in body["data"]["reason"]
    streams.recent_products.cache_clear()


def test_the_list_is_exposed_with_its_slot_algorithm_and_model_version(
    api: APIClient, shop: list[Product], exposed: list[exposures.ShownList], tmp_path: Path
) -> None:
    publish(tmp_path, {"product.hybrid": {shop[0].pk: [(shop[1].pk, 0.5, 0)]}})

    body = get(api, f"/api/recommendations/product/{shop[0].pk}/?limit=2")

    (exposure,) = exposed
    assert body["data"]["exposure_id"] == str(exposure.id)
    assert body["data"]["slot"] == exposure.slot
    assert (exposure.surface, exposure.slot, exposure.algorithm, exposure.version) == (
        "recommendations",
        "product",
        "hybrid",
        body["data"]["model_version"],
    )
    assert exposure.version
    assert list(exposure.product_ids) == ids(body)


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("algorithm=magic", "algorithm", "collaborative, content_based, hybrid"),
        ("limit=0", "limit", "greater than or equal to 1"),
        ("limit=51", "limit", "less than or equal to 50"),
        ("exclude=lamp", "exclude", "Must be a number"),
        ("exclude=1,2", "exclude", "Must be a number"),
        ("exclude=0", "exclude.0", "greater than or equal to 1"),
        ("exclude=99999999999999999999", "exclude.0", "less than or equal to"),
        ("&".join(["exclude=7"] * 51), "exclude", "no more than 50"),
        ("page=2", "page", "Allowed: algorithm, exclude, limit"),
    ],
)
def test_the_error_for_an_invalid_parameter_names_the_allowed_values(
    api: APIClient, query: str, field: str, message: str
) -> None:
    body = get(api, f"{PATH}?{query}", status=400)

    assert message in str(body["details"][field])


def test_an_unknown_product_is_not_found(api: APIClient) -> None:
    assert get(api, "/api/recommendations/product/999999/", status=404)["status"] == 404


def test_a_malformed_anonymous_id_is_refused(api: APIClient) -> None:
    body = get(api, PATH, status=400, guest="me")

    assert "X-Anonymous-Id" in body["details"]


def test_a_list_that_is_not_refilled_takes_one_statement_whatever_lists_it_is_from(
    api: APIClient, shop: list[Product], customer: User, tmp_path: Path
) -> None:
    key = str(customer.shopper_key)
    all_entries = [(product.pk, 1.0, shop[0].pk) for product in shop[1:]]
    publish(
        tmp_path,
        {
            "user.hybrid": {key: all_entries},
            "product.hybrid": {product.pk: all_entries for product in shop[:4]},
            "everyone.popularity": {"": [(product.pk, 1, 0) for product in shop]},
        },
    )
    api.force_authenticate(customer)
    counts = []
    for path, recent in (
        (f"{PATH}?limit=1", shop[:0]),
        (f"{PATH}?limit=8", shop[:4]),
        (f"/api/recommendations/product/{shop[0].pk}/?limit=11", shop[:4]),
    ):
        append_interactions(customer.shopper_key, *recent)
        with CaptureQueriesContext(connection) as queries:
            get(api, path)
        counts.append(len(queries))

    assert counts == [1, 1, 1]


@pytest.mark.parametrize(
    ("listed", "thin", "statements"),
    [
        (12, {}, 1),
        (0, {}, 1),
        (1, {"stock": 0}, 2),
        (30, {"stock": 0}, 3),
        (30, {"product__seller": "the shopper"}, 4),
    ],
    ids=["in stock", "without a list", "a short list sold out", "a long list sold out", "nothing allowed"],
)
def test_thin_stock_takes_up_to_four_statements(
    api: APIClient, customer: User, tmp_path: Path, listed: int, thin: dict[str, object], statements: int
) -> None:
    shop = products(40, seller=seller())
    entries: Entries = [(product.pk, 1.0, 0) for product in shop[:listed]]
    subject = str(customer.shopper_key) if listed else "another"
    publish(tmp_path, {"user.hybrid": {subject: entries or [(shop[0].pk, 1.0, 0)]}})
    if "stock" in thin:
        Variant.objects.filter(product__in=shop[:listed]).update(stock=0)
    elif thin:
        Product.objects.update(seller=customer)
    api.force_authenticate(customer)

    with CaptureQueriesContext(connection) as queries:
        get(api, f"{PATH}?limit=1")

    assert len(queries) == statements


def test_the_web_process_imports_none_of_the_training_libraries() -> None:
    program = (
        "import sys, django; django.setup(); import backend.config.urls;"
        "print(sorted({'pandas', 'sklearn', 'scipy', 'implicit'} & set(sys.modules)))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "backend.config.settings"}

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )

    assert done.stdout.strip() == "[]"
