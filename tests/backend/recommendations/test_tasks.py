"""The nightly training."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from analytics_pipeline.warehouse import Warehouse
from backend.recommendations.models import ModelVersion, Publication
from backend.recommendations.services import publish, rollback
from backend.recommendations.serving import CACHE
from backend.recommendations.tasks import train_and_publish
from ml.registry import Registry
from ml.training_lock import training
from tests.backend.recommendations.shop import NOW, Entries, register
from tests.backend.shop import SYSTEM
from tests.own_warehouse import own_warehouse

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def warehouse(warehouse_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Warehouse]:
    """An empty warehouse for this process and its child processes."""
    with own_warehouse(warehouse_url, home=tmp_path, environment=monkeypatch) as warehouse:
        yield warehouse


@pytest.fixture
def shop_products(warehouse: Warehouse) -> None:
    """Four products in the warehouse."""
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


def test_the_nightly_run_serves_what_it_trained(shop_products: None) -> None:
    name = train_and_publish()

    version = ModelVersion.objects.get(is_serving=True)
    assert version.version == name
    lists = CACHE.current().lists
    assert lists is not None
    content = lists["product.content_based"]
    place = content.place("1")
    assert place is not None
    assert {entry.product_id for entry in content.at(place)} == {2, 3}


def test_the_nightly_run_keeps_a_version_that_was_rolled_back_to(
    warehouse: Warehouse, shop_products: None, tmp_path: Path
) -> None:
    for version, hours in (("good", 1), ("bad", 2)):
        ModelVersion.objects.create(
            version=version,
            loaded_at=NOW,
            published_at=NOW + timedelta(hours=hours),
            is_serving=version == "bad",
        )
    good, bad = (
        Publication.objects.create(version=version, published_at=NOW, system_name="test")
        for version in ("good", "bad")
    )
    Publication.objects.filter(pk=bad.pk).update(replaces=good)
    rollback(registry=Registry(tmp_path / "models"), by=SYSTEM, now=NOW)

    assert train_and_publish() == "good"

    assert ModelVersion.objects.get(is_serving=True).version == "good"
    assert len(Registry(tmp_path / "models").versions()) == 1, "a new version must be trained"


@pytest.mark.parametrize("damage", [None, "", "{}"], ids=["missing", "empty", "without its checksum"])
def test_the_nightly_run_trains_if_the_served_version_cannot_be_read(
    warehouse: Warehouse, shop_products: None, tmp_path: Path, damage: str | None
) -> None:
    ModelVersion.objects.create(
        version="20260101T021500Z-00000000", loaded_at=NOW, published_at=NOW, is_serving=True
    )
    if damage is not None:
        folder = tmp_path / "models" / "20260101T021500Z-00000000"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(damage)

    name = train_and_publish()

    assert ModelVersion.objects.get(is_serving=True).version == name != "20260101T021500Z-00000000"


def test_a_failed_run_does_not_change_the_served_version(warehouse: Warehouse) -> None:
    ModelVersion.objects.create(version="before", loaded_at=NOW, published_at=NOW, is_serving=True)

    with pytest.raises(subprocess.CalledProcessError):
        train_and_publish()

    assert ModelVersion.objects.get(is_serving=True).version == "before"


def test_a_night_during_another_training_changes_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    ModelVersion.objects.create(version="before", loaded_at=NOW, published_at=NOW, is_serving=True)

    with training(tmp_path / "models", now=NOW):
        assert train_and_publish() == "before"

    assert Registry(tmp_path / "models").versions() == []


def test_a_damaged_newest_version_does_not_stop_the_night(
    warehouse: Warehouse, shop_products: None, tmp_path: Path
) -> None:
    damaged = tmp_path / "models" / "20990101T021500Z-00000000"
    damaged.mkdir(parents=True)
    (damaged / "manifest.json").write_text("{")

    name = train_and_publish()

    assert ModelVersion.objects.get(is_serving=True).version == name != damaged.name


def test_a_night_whose_version_is_refused_keeps_what_serves(
    warehouse: Warehouse, shop_products: None, tmp_path: Path
) -> None:
    registry = Registry(tmp_path / "models")
    lists: dict[str, dict[object, Entries]] = {"product.content_based": {3: [(4, 1.0, 0)]}}
    large = register(registry.root, lists, products=9, rows=0)
    publish(None, registry=registry, by=SYSTEM, now=NOW)

    assert train_and_publish() == large.id

    assert ModelVersion.objects.get(is_serving=True).version == large.id
    assert len(registry.versions()) == 2
