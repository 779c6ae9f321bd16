"""Which versions may be published, and what erasures leave of them."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from structlog.testing import capture_logs

from analytics_pipeline.redis_client import StreamUnavailable
from backend.accounts.shopper_keys import ShopperKeys
from backend.api.errors import InvalidInput
from backend.engines.streams import tombstones
from backend.recommendations import services
from backend.recommendations.errors import NothingToRollBackTo, OlderThanServing, VersionNotPublishable
from backend.recommendations.models import ModelVersion, ProductRecommendation, Publication
from backend.recommendations.personal_data import ModelStore, forget_erased_shoppers
from ml.registry import Registry, Version, VersionsDamaged
from ml.settings import TrainingSettings
from tests.backend.recommendations.shop import NOW, Entries, register
from tests.backend.shop import SYSTEM

pytestmark = pytest.mark.django_db

SHOPPER = uuid4()
PERSONAL: dict[str, dict[object, Entries]] = {
    "user.collaborative": {str(SHOPPER): [(1, 0.5, 7)], "another": [(2, 0.25, 0)]}
}


@pytest.fixture
def versions(tmp_path: Path) -> list[Version]:
    return [
        register(tmp_path, PERSONAL, now=NOW + timedelta(days=day), fingerprint=str(day) * 64)
        for day in range(3)
    ]


def serving() -> str:
    return ModelVersion.objects.get(is_serving=True).version


def test_a_reason_that_is_too_long_is_refused_before_anything_is_loaded(
    tmp_path: Path, versions: list[Version]
) -> None:
    with pytest.raises(InvalidInput, match="The reason has 501 characters; at most 500") as error:
        services.publish(
            versions[0].id, registry=Registry(tmp_path), by=SYSTEM, now=NOW, forced_because="x" * 501
        )
    assert list(error.value.details) == ["reason"]
    assert not ModelVersion.objects.exists()

    back_test = register(tmp_path, PERSONAL, now=NOW + timedelta(days=5), back_test=True)
    reason = "x" * 500
    services.publish(
        back_test.id, registry=Registry(tmp_path), by=SYSTEM, now=NOW, forced_because=f" {reason}\n"
    )
    assert Publication.objects.get().reason == reason


@pytest.mark.parametrize(
    "publish",
    [services.publish_unless_pinned, partial(services.publish, None)],
    ids=["by the schedule", "by an operator"],
)
def test_without_a_name_no_version_is_published_that_is_older_than_what_serves(
    tmp_path: Path, versions: list[Version], publish: Callable[..., ModelVersion]
) -> None:
    registry = Registry(tmp_path)
    services.publish(versions[1].id, registry=registry, by=SYSTEM, now=NOW)
    services.publish(None, registry=registry, by=SYSTEM, now=NOW + timedelta(hours=1))
    (versions[2].path / "manifest.json").write_text("{")

    with pytest.raises(OlderThanServing, match=f"{versions[1].id}, is older than {versions[2].id}"):
        publish(registry=registry, by=SYSTEM, now=NOW + timedelta(hours=2))

    assert serving() == versions[2].id
    services.publish(versions[1].id, registry=registry, by=SYSTEM, now=NOW + timedelta(hours=3))
    assert serving() == versions[1].id


def changed_by_hand(version: Version) -> None:
    path = version.path / "manifest.json"
    manifest = {**version.manifest, "note": "smaller"}
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({**manifest, "sha256": digest}))


def erased_from(_version: Version) -> None:
    ModelStore().erase(ShopperKeys(SHOPPER), now=NOW)


@pytest.mark.parametrize(
    ("change", "is_asked"),
    [(None, False), (erased_from, False), (changed_by_hand, True)],
    ids=["unchanged", "reduced by an erasure", "changed by hand"],
)
def test_a_version_that_passed_is_published_again_by_name_unless_its_manifest_was_changed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Version], None] | None,
    is_asked: bool,
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    registry = Registry(TrainingSettings.from_env().registry)
    small = register(registry.root, PERSONAL)
    large = register(registry.root, PERSONAL, now=NOW + timedelta(days=3), rows=9_000)
    services.publish(small.id, registry=registry, by=SYSTEM, now=NOW)
    services.publish(large.id, registry=registry, by=SYSTEM, now=NOW + timedelta(hours=1))
    if change is not None:
        change(small)
        assert registry.load(small.id).manifest_sha256 != small.manifest_sha256

    again = partial(services.publish, small.id, registry=registry, by=SYSTEM, now=NOW + timedelta(hours=2))
    if is_asked:
        with pytest.raises(VersionNotPublishable, match="less than half"):
            again()
    else:
        again()
    assert serving() == (large if is_asked else small).id


@pytest.mark.parametrize("file", ["manifest.json", "user.collaborative.lists"])
def test_a_shopper_is_erased_from_rows_of_an_earlier_release_although_a_version_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    registry = Registry(TrainingSettings.from_env().registry)
    version = register(registry.root, PERSONAL)
    earlier = ModelVersion.objects.create(version="20250301T021500Z-1f3a9c02", loaded_at=NOW)
    for subject in (str(SHOPPER), "another"):
        ProductRecommendation.objects.create(
            version=earlier, audience="user", subject=subject, algorithm="hybrid", entries=[[1, 1.0, None]]
        )
    (version.path / file).write_bytes(b"damaged")

    with pytest.raises(VersionsDamaged, match=f"{version.id}: {file}"):
        ModelStore().erase(ShopperKeys(SHOPPER), now=NOW)

    assert [row.subject for row in ProductRecommendation.objects.all()] == ["another"]


@pytest.mark.usefixtures("redis_url")
@pytest.mark.parametrize(
    "publish",
    [partial(services.publish, None), services.publish_unless_pinned],
    ids=["by an operator", "by the schedule"],
)
def test_a_version_whose_training_began_before_an_erasure_is_published_without_the_shopper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publish: Callable[..., ModelVersion]
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    registry = Registry(TrainingSettings.from_env().registry)
    erased, another = uuid4(), str(uuid4())
    every: dict[object, Entries] = {str(erased): [(1, 0.5, 7)], another: [(2, 0.25, 0)]}
    version = register(registry.root, {"user.collaborative": every, "user.hybrid": every})
    tombstones().add([erased], now=timezone.now())

    publish(registry=registry, by=SYSTEM, now=NOW)

    entries = registry.load(version.id).manifest["lists"]
    recorded = dict(ProductRecommendation.objects.values_list("algorithm", "sha256"))
    assert recorded == {name: entries[f"user.{name}"]["sha256"] for name in ("collaborative", "hybrid")}
    for name in ("user.collaborative", "user.hybrid"):
        assert registry.load(version.id).lists(name).subjects.tolist() == [another]


@pytest.mark.usefixtures("redis_url")
def test_shoppers_are_erased_from_all_versions_but_damaged_ones_which_are_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    registry = Registry(TrainingSettings.from_env().registry)
    erased = uuid4()
    every: dict[object, Entries] = {str(erased): [(1, 0.5, 7)]}
    version = register(registry.root, {"user.collaborative": every, "user.hybrid": every})
    services.publish(None, registry=registry, by=SYSTEM, now=NOW)
    (version.path / "user.collaborative.lists").write_bytes(b"damaged")
    tombstones().add([erased], now=timezone.now())

    with capture_logs() as logs:
        forget_erased_shoppers(registry)

    assert [log["versions"] for log in logs if log["event"] == "erased_shoppers_not_forgotten"] == [
        [version.id]
    ]
    assert registry.load(version.id).lists("user.hybrid").subjects.tolist() == []


def test_nothing_is_published_while_it_is_unknown_who_was_erased(
    tmp_path: Path, versions: list[Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable() -> NoReturn:
        raise StreamUnavailable("the stream is away")

    monkeypatch.setattr("backend.recommendations.personal_data.stream", unavailable)
    with pytest.raises(StreamUnavailable):
        services.publish(versions[0].id, registry=Registry(tmp_path), by=SYSTEM, now=NOW)
    with pytest.raises(CommandError, match="the stream is away"):
        call_command("publish_model", versions[0].id)
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: path.write_bytes(b"damaged")], ids=["missing", "damaged"]
)
def test_a_rollback_skips_versions_whose_files_can_not_be_read(
    tmp_path: Path, versions: list[Version], damage: Callable[[Path], None]
) -> None:
    registry = Registry(tmp_path)
    for hour, version in enumerate(versions):
        services.publish(version.id, registry=registry, by=SYSTEM, now=NOW + timedelta(hours=hour))
    damage(versions[1].path / "user.collaborative.lists")

    assert services.rollback(registry=registry, by=SYSTEM, now=NOW).version == versions[0].id

    services.publish(versions[2].id, registry=registry, by=SYSTEM, now=NOW + timedelta(hours=9))
    damage(versions[0].path / "user.collaborative.lists")
    with pytest.raises(NothingToRollBackTo):
        services.rollback(registry=registry, by=SYSTEM, now=NOW)
    assert serving() == versions[2].id
