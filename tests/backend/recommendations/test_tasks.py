import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from analytics_pipeline.warehouse import Warehouse
from backend.recommendations.models import ModelVersion
from backend.recommendations.tasks import train_and_publish
from tests.backend.recommendations.shop import NOW
from tests.own_warehouse import own_warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def warehouse(warehouse_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Warehouse]:
    """An empty warehouse that this process and its children find."""
    with own_warehouse(warehouse_url, home=tmp_path, environment=monkeypatch) as warehouse:
        yield warehouse


def test_the_nightly_run_serves_what_it_trained(warehouse: Warehouse) -> None:
    warehouse.insert(
        "products",
        {
            "product_id": [1, 2, 3, 4],
            "title": ["red lamp", "blue lamp", "red vase", "rug"],
            "is_active": [1] * 4,
            "created_at": [NOW - timedelta(days=1)] * 4,
            "version": [1] * 4,
        },
    )

    name = train_and_publish()

    version = ModelVersion.objects.get(is_serving=True)
    assert version.version == name
    entries = version.lists.get(audience="product", subject="1", algorithm="content_based").entries
    assert {product for product, _, _ in entries} == {2, 3}


def test_a_run_that_fails_leaves_what_is_served(warehouse: Warehouse) -> None:
    ModelVersion.objects.create(version="before", loaded_at=NOW, published_at=NOW, is_serving=True)

    with pytest.raises(subprocess.CalledProcessError):
        train_and_publish()

    assert ModelVersion.objects.get(is_serving=True).version == "before"
