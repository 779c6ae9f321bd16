"""What a process serves: mapped files or rows of an earlier release, until the pointer changes."""

import json
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from structlog.testing import capture_logs

from backend.accounts.models import User
from backend.accounts.shopper_keys import ShopperKeys
from backend.audit.models import AuditEntry
from backend.recommendations import health, pointer, services
from backend.recommendations.errors import (
    ModelFilesUnavailable,
    NothingServes,
    ReasonMissing,
    VersionNotPublishable,
)
from backend.recommendations.models import (
    Algorithm,
    Audience,
    ModelVersion,
    ProductRecommendation,
    Publication,
    ServingPointer,
)
from backend.recommendations.personal_data import PERSONAL_DATA, ModelStore
from backend.recommendations.published import Key, published_lists
from backend.recommendations.serving import CACHE, RETRY_SECONDS, Serving
from ml.registry import Registry, Version
from tests.backend.recommendations.shop import NOW, Entries, publish, register
from tests.backend.shop import SYSTEM

pytestmark = pytest.mark.django_db

migration = import_module("backend.recommendations.migrations.0007_point_to_what_serves")

SHOPPER = uuid4()
LISTS: dict[str, dict[object, Entries]] = {
    "user.hybrid": {str(SHOPPER): [(1, 8.0, 7), (2, 4.0, 0)], str(uuid4()): [(3, 1.0, 0)]},
    "product.content_based": {3: [(4, 1.0, 0)], 5: [(0, 0.0, 0)]},
    "everyone.popularity": {"": [(9, 30.0, 0), (3, 15.0, 0)]},
}
KEYS = (
    Key(Audience.USER, str(SHOPPER), Algorithm.HYBRID, Algorithm.HYBRID),
    Key(Audience.PRODUCT, "3", Algorithm.HYBRID, Algorithm.CONTENT_BASED),
    Key(Audience.PRODUCT, "5", Algorithm.CONTENT_BASED, Algorithm.CONTENT_BASED),
    Key(Audience.USER, "", Algorithm.HYBRID, Algorithm.HYBRID),
    Key(Audience.EVERYONE, "", Algorithm.POPULARITY, Algorithm.POPULARITY),
)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def checked() -> Serving:
    """Return what the process serves after it asked for the pointer again, as after a second."""
    CACHE._copy = CACHE._checked(CACHE._copy, now=0.0)
    return CACHE.current()


def publish_next(registry: Registry, *, days: int = 1) -> Version:
    version = register(registry.root, LISTS, now=NOW + timedelta(days=days), fingerprint=str(days) * 64)
    services.publish(None, registry=registry, by=SYSTEM, now=NOW + timedelta(days=days))
    return version


def serve_rows(version: str) -> None:
    """Load and serve the lists as a process of the previous release does."""
    row = ModelVersion.objects.create(version=version, loaded_at=NOW, published_at=NOW)
    for name, lists in LISTS.items():
        audience, algorithm = name.split(".")
        for subject, entries in lists.items():
            stored = [[product, score, because or None] for product, score, because in entries if product]
            ProductRecommendation.objects.create(
                version=row, audience=audience, subject=str(subject), algorithm=algorithm, entries=stored
            )
    switch_as_previous_release(version)


def switch_as_previous_release(version: str, *, pauses: bool = False) -> None:
    ModelVersion.objects.update(is_serving=False, pauses_publishing=False)
    ModelVersion.objects.filter(version=version).update(is_serving=True, pauses_publishing=pauses)


def found() -> tuple[str | None, list[list[tuple[int, float, int | None]]]]:
    """Return the version and the entries of each key."""
    lists = published_lists(KEYS)
    every = [lists.by_key[key].scored() if key in lists.by_key else [] for key in KEYS]
    rounded = [[(product, round(score, 3), because) for product, score, because in one] for one in every]
    return lists.version, rounded


def test_files_and_rows_of_an_earlier_release_give_the_same_lists(tmp_path: Path) -> None:
    serve_rows("20260101T021500Z-1f3a9c02")
    of_rows = found()
    version = publish(tmp_path, LISTS)

    assert of_rows == ("20260101T021500Z-1f3a9c02", found()[1])
    assert found() == (
        version.id,
        [[(1, 8.0, 7), (2, 4.0, None)], [(4, 1.0, None)], [], [], [(9, 30.0, None), (3, 15.0, None)]],
    )


def test_rows_of_an_earlier_release_are_served_until_they_are_replaced_and_can_be_rolled_back_to(
    tmp_path: Path, registry: Registry
) -> None:
    earlier = "20260101T021500Z-1f3a9c02"
    serve_rows(earlier)
    publish(tmp_path, LISTS)

    assert services.rollback(registry=registry, by=SYSTEM, now=NOW).version == earlier
    checked()
    assert found()[0] == earlier


def test_files_of_an_earlier_release_are_not_published(registry: Registry) -> None:
    version = register(registry.root, LISTS)
    manifest = json.loads((version.path / "manifest.json").read_text())
    old = Version(version.id, version.path, {**manifest, "format": 1})

    with pytest.raises(VersionNotPublishable, match="the files of an earlier release; train again"):
        services.verified(old, now=NOW)


def test_a_process_opens_what_is_published_and_rolled_back_to_within_a_second(
    tmp_path: Path, registry: Registry
) -> None:
    first = publish(tmp_path, LISTS)
    second = publish_next(registry)

    assert CACHE.current().version == first.id
    assert checked().version == second.id
    services.rollback(registry=registry, by=SYSTEM, now=NOW)
    assert checked().version == first.id
    assert checked().lists is checked().lists, "nothing is opened again while the pointer stays"


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def shorten(path: Path) -> None:
    # A file that is mapped must not be truncated, so it is replaced as a copying program does.
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1])


@pytest.mark.parametrize("damage", [flip, shorten, Path.unlink], ids=["flipped bit", "short", "missing"])
def test_a_process_that_cannot_open_the_new_version_keeps_its_own_and_says_so(
    tmp_path: Path, registry: Registry, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(tmp_path, LISTS)
    second = publish_next(registry)
    file = second.path / "user.hybrid.lists"
    whole = file.read_bytes()
    damage(file)

    with capture_logs() as logs:
        checked()
        checked()

    assert found()[0] == first.id
    assert found()[1][0], "the old version's lists serve"
    assert [(log["event"], log["version"]) for log in logs] == [("version_not_opened", second.id)]
    assert f"{second.id}: user.hybrid.lists" in logs[0]["reason"]
    assert health.check()["version"] == first.id
    assert f"not serving {second.id}: " in str(health.check()["notice"])

    file.unlink(missing_ok=True)
    file.write_bytes(whole)
    monkeypatch.setattr(CACHE, "_clock", lambda: RETRY_SECONDS)
    assert CACHE.current().version == second.id
    assert "notice" not in health.check()


def test_a_process_that_starts_without_the_files_recommends_popular_products_and_says_so(
    tmp_path: Path,
) -> None:
    version = publish(tmp_path, LISTS)
    (tmp_path / "models").rename(tmp_path / "elsewhere")
    CACHE.forget()

    assert found() == (None, [[], [], [], [], []])
    assert f"not serving {version.id}" in str(health.check()["notice"])


def test_an_erased_shopper_is_in_no_file_and_no_process_after_a_second(
    tmp_path: Path, registry: Registry
) -> None:
    publish(tmp_path, LISTS)
    publish_next(registry)
    checked()
    generation = ServingPointer.objects.get().generation
    assert found()[1][0]

    ModelStore().erase(ShopperKeys(SHOPPER), now=NOW)

    files = [path for path in registry.root.rglob("*") if path.is_file()]
    assert len(files) > 4
    assert not [path for path in files if str(SHOPPER).encode() in path.read_bytes()]
    assert ServingPointer.objects.get().generation == generation + 1
    checked()
    assert found()[1][0] == []
    assert found()[1][1], "other lists stay"


def test_an_erasure_that_was_killed_before_processes_were_told_is_completed_when_it_is_repeated(
    tmp_path: Path, registry: Registry
) -> None:
    publish(tmp_path, LISTS)
    registry.forget(str(SHOPPER).__eq__, on_change=lambda *_: None)
    assert checked().lists is checked().lists

    ModelStore().erase(ShopperKeys(SHOPPER), now=NOW)
    checked()
    assert found()[1][0] == []

    generation = ServingPointer.objects.get().generation
    ModelStore().erase(ShopperKeys(SHOPPER), now=NOW)
    assert ServingPointer.objects.get().generation == generation, "nothing changed"


def exported(user: User) -> list[dict[str, object]]:
    return [dict(row) for _, rows in PERSONAL_DATA.export(user.pk) for row in rows]


def test_a_download_has_the_lists_of_published_files(tmp_path: Path) -> None:
    user = User.objects.create_user(phone="+15550000001", password="a long secret")
    version = publish(tmp_path, {"user.hybrid": {str(user.shopper_key): [(1, 8.0, 7)]}})

    assert exported(user) == [
        {
            "version__version": version.id,
            "subject": str(user.shopper_key),
            "algorithm": "hybrid",
            "entries": [[1, 8.0, 7]],
        }
    ]


@pytest.mark.parametrize("lost", ["models", "models/{version}/user.hybrid.lists"], ids=["folder", "file"])
def test_a_download_is_refused_while_files_cannot_be_read(tmp_path: Path, lost: str) -> None:
    user = User.objects.create_user(phone="+15550000001", password="a long secret")
    version = publish(tmp_path, LISTS)
    path = tmp_path / lost.format(version=version.id)
    path.rename(tmp_path / "lost")

    with pytest.raises(ModelFilesUnavailable) as error:
        exported(user)

    assert str(path.name) in str(error.value.details["remedy"])


def test_a_pin_stops_the_schedule_until_it_ends(tmp_path: Path, registry: Registry) -> None:
    first = publish(tmp_path, LISTS)
    second = register(registry.root, LISTS, now=NOW + timedelta(days=1))
    services.pin(reason="the campaign uses it", by=SYSTEM, now=NOW)

    assert services.publish_unless_pinned(registry=registry, by=SYSTEM, now=NOW).version == first.id
    row = ServingPointer.objects.get()
    assert (row.pinned_by, row.pinned_reason, row.pinned_at) == (
        SYSTEM.system_name,
        "the campaign uses it",
        NOW,
    )

    services.unpin(by=SYSTEM)
    assert services.publish_unless_pinned(registry=registry, by=SYSTEM, now=NOW).version == second.id
    assert ServingPointer.objects.get().pinned_at is None
    actions = AuditEntry.objects.filter(action__contains="pinned").order_by("pk")
    assert [(one.action, one.changes) for one in actions] == [
        ("recommendations.pinned", {"pinned_reason": [None, "the campaign uses it"]}),
        ("recommendations.unpinned", {"pinned_reason": ["the campaign uses it", None]}),
    ]


def test_a_pin_needs_a_reason_and_a_version(tmp_path: Path) -> None:
    with pytest.raises(NothingServes):
        services.pin(reason="the campaign uses it", by=SYSTEM, now=NOW)
    publish(tmp_path, LISTS)
    with pytest.raises(ReasonMissing):
        services.pin(reason=" ", by=SYSTEM, now=NOW)


def test_each_publication_names_the_one_that_it_replaced(tmp_path: Path, registry: Registry) -> None:
    publish(tmp_path, LISTS)
    publish_next(registry)
    again = publish_next(registry, days=2)
    services.publish(again.id, registry=registry, by=SYSTEM, now=NOW + timedelta(days=3))

    first, second, third, republished = Publication.objects.order_by("pk")
    assert [one.replaces for one in (first, second, third)] == [None, first, second]
    assert republished.replaces == second, "a version doesn't replace itself"
    assert ServingPointer.objects.get().publication == republished


def test_what_a_process_of_the_previous_release_published_is_replaced_and_rolled_back_to(
    tmp_path: Path, registry: Registry
) -> None:
    first = publish(tmp_path, LISTS)
    serve_rows("20260302T021500Z-1f3a9c02")
    assert checked().version == "20260302T021500Z-1f3a9c02"

    third = publish_next(registry, days=2)

    versions = [one.version for one in pointer.chain(ServingPointer.objects.get().publication)]
    assert versions == [third.id, "20260302T021500Z-1f3a9c02", first.id]


def test_a_rollback_by_a_process_of_the_previous_release_is_followed_and_pinned(
    tmp_path: Path, registry: Registry
) -> None:
    first = publish(tmp_path, LISTS)
    publish_next(registry)
    switch_as_previous_release(first.id, pauses=True)

    assert services.publish_unless_pinned(registry=registry, by=SYSTEM, now=NOW).version == first.id
    services.pin(reason="it is good", by=SYSTEM, now=NOW)

    row = ServingPointer.objects.get()
    assert row.publication is not None
    assert (row.publication.version, row.publication.replaces) == (first.id, None)
    assert (row.pinned_reason, row.pinned_at) == ("it is good", NOW)


def test_a_shop_that_upgrades_points_to_what_serves_and_can_roll_back() -> None:
    for day in range(3):
        ModelVersion.objects.create(
            version=str(day), loaded_at=NOW, published_at=NOW - timedelta(days=3 - day), is_serving=day == 2
        )
    ModelVersion.objects.filter(is_serving=True).update(pauses_publishing=True)
    Publication.objects.create(version="1", published_at=NOW, system_name="train_and_publish")

    migration.point_to_what_serves(apps, None)

    row = ServingPointer.objects.get()
    assert [one.version for one in pointer.chain(row.publication)] == ["2", "1", "0"]
    assert (row.pinned_by, row.pinned_at) == ("previous_release", NOW - timedelta(days=1))
    assert Publication.objects.count() == 3
