"""What a shopper is shown in a session: what comes next in similar sessions, from the first view on."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from analytics_pipeline.settings import PipelineSettings
from backend.catalog.known_products import KNOWN_PRODUCTS
from backend.catalog.models import Product
from backend.engines import streams
from backend.recommendations import services
from backend.recommendations.sessions import INDEX, predicted
from ml.models.session_knn import SessionKnn
from ml.registry import Registry, Version
from ml.sequences import Sequences
from ml.session_index import SessionIndex
from tests.analytics_pipeline.samples import append_views
from tests.backend.recommendations.shop import NOW, Entries, products, register
from tests.backend.shop import SYSTEM, seller
from tests.backend.tracking.conftest import send, view
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db

PATH = "/api/recommendations/user/"
PREFIXES = 1_000


@pytest.fixture
def shop() -> list[Product]:
    return products(40, seller=seller())


@pytest.fixture(autouse=True)
def _nothing_opened(redis_url: str) -> Iterator[None]:
    KNOWN_PRODUCTS.forget()
    INDEX.forget()
    streams.recent_products.cache_clear()
    streams.stream().delete()
    yield
    streams.stream().delete()
    streams.recent_products.cache_clear()
    INDEX.forget()
    KNOWN_PRODUCTS.forget()


def walks(shop: Sequence[Product], *, seed: int, count: int) -> list[list[int]]:
    """Return sessions of steps on a circle of the products, one step forward or back."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        steps = np.cumsum(rng.choice([1, 1, 2, -1], size=rng.integers(0, 7)))
        places = rng.integers(len(shop)) + np.concatenate(([0], steps))
        found.append([shop[int(place) % len(shop)].pk for place in places])
    return found


@pytest.fixture
def index(shop: list[Product]) -> SessionIndex:
    return SessionKnn().fit(Sequences.of([one for one in walks(shop, seed=1, count=600) if len(one) > 1]))


def publish(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    sessions: SessionIndex | None,
    lists: dict[str, dict[object, Entries]] | None = None,
) -> Version:
    """Publish a version whose files the shop finds."""
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    root = tmp_path / "models"
    version = register(root, lists or {}, sessions=sessions)
    services.publish(None, registry=Registry(root), now=NOW, by=SYSTEM)
    return version


def viewing(prefix: Sequence[int]) -> UUID:
    """Return the key of a guest who viewed these products."""
    guest = uuid4()
    # The session goes on.
    now = timezone.now()
    moments = [now - timedelta(seconds=len(prefix) - place) for place in range(len(prefix))]
    append_views(
        PipelineSettings.from_env(),
        guest,
        views=[(uuid7(), product, moment) for product, moment in zip(prefix, moments, strict=True)],
    )
    return guest


def get(guest: UUID, *, limit: int = 10, algorithm: str = "hybrid") -> Any:
    """Return the guest's list; on a slow machine, the session can't be read in time from Redis, which it says."""
    client = APIClient(headers={"X-Anonymous-Id": str(guest)})
    bodies: list[Any] = []

    def is_whole() -> bool:
        response = client.get(f"{PATH}?limit={limit}&algorithm={algorithm}")
        assert response.status_code == 200, response.content
        bodies.append(response.json()["data"])
        return not bodies[-1]["degraded"]

    wait_until(is_whole, what="the session is read")
    return bodies[-1]


def of_session(body: Any) -> list[int]:
    return [row["id"] for row in body["results"] if row["source"] == "session"]


def test_the_endpoint_shows_what_the_evaluated_model_predicts(
    shop: list[Product], index: SessionIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publish(monkeypatch, tmp_path, sessions=index)
    prefixes = walks(shop, seed=2, count=PREFIXES)

    shown = [of_session(get(viewing(prefix))) for prefix in prefixes]

    for prefix, found in zip(prefixes, shown, strict=True):
        items, scores = index.next(index.positions_of(np.array(prefix)))
        best = index.items[items[np.lexsort((items, -scores))]].tolist()
        assert found == [product for product in best if product not in prefix][:10]
    assert sum(map(len, shown)) > 5 * PREFIXES


def test_the_first_request_after_an_event_shows_what_comes_next(
    shop: list[Product], index: SessionIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publish(monkeypatch, tmp_path, sessions=index)
    guest = uuid4()
    client = APIClient(headers={"X-Anonymous-Id": str(guest)})
    assert of_session(get(guest)) == []

    for place in (5, 25):
        assert send(client, view(product_id=shop[place].pk)).status_code == 202
        body = get(guest, limit=4)
        near = {shop[place + step].pk for step in (-2, -1, 1, 2)}
        assert set(of_session(body)) & near == set(of_session(body)[:4]) & near
        assert len(set(of_session(body)[:3]) & near) >= 2
        assert body["algorithm"] == "hybrid"
        assert shop[place].pk not in of_session(body)


def test_without_an_index_the_lists_of_the_viewed_products_are_shown(
    shop: list[Product], index: SessionIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lists: dict[str, dict[object, Entries]] = {
        "product.hybrid": {shop[5].pk: [(shop[30].pk, 1, 0)]},
        "product.content_based": {shop[5].pk: [(shop[31].pk, 1, 0)]},
    }
    version = publish(monkeypatch, tmp_path, sessions=index, lists=lists)
    guest = uuid4()
    send(APIClient(headers={"X-Anonymous-Id": str(guest)}), view(product_id=shop[5].pk))
    assert shop[30].pk not in of_session(get(guest))
    assert of_session(get(guest, algorithm="content_based")) == [shop[31].pk]

    # A file that differs from what was registered isn't used.
    path = version.path / "sessions.arrays"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    INDEX.forget()

    assert of_session(get(guest)) == [shop[30].pk]


def test_a_prefix_is_predicted_once_and_another_version_predicts_anew(
    shop: list[Product], index: SessionIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = publish(monkeypatch, tmp_path, sessions=index).id
    once = predicted([shop[5].pk], version=first)
    other = register(tmp_path / "models", {}, sessions=None, now=NOW + timedelta(days=1)).id

    assert predicted([shop[5].pk], version=first) == once != []
    opened = INDEX.of(first)
    assert opened is not None
    assert opened.predicted.cache_info()[:2] == (1, 1)
    assert predicted([shop[5].pk], version=other) == []
    assert predicted([shop[5].pk], version="not-registered") == []
    assert predicted([shop[5].pk], version=None) == []
    assert predicted([], version=first) == []


def test_views_of_unknown_products_leave_the_predictions_as_they_are(
    shop: list[Product],
    index: SessionIndex,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    publish(monkeypatch, tmp_path, sessions=index)
    guest = uuid4()
    client = APIClient(headers={"X-Anonymous-Id": str(guest)})
    send(client, view(product_id=shop[5].pk), view(product_id=shop[6].pk))
    before = get(guest)

    send(client, *(view(product_id=10**9 + number) for number in range(25)))

    assert of_session(get(guest)) == of_session(before) != []
