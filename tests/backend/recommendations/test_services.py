"""Publishing and rolling back model versions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backend.accounts.shopper_keys import ShopperKeys
from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.recommendations import services
from backend.recommendations.errors import (
    NothingToPublish,
    NothingToRollBackTo,
    ReasonMissing,
    VersionNotPublishable,
)
from backend.recommendations.models import (
    ModelVersion,
    ProductRecommendation,
    Publication,
    ServingPointer,
)
from backend.recommendations.personal_data import ModelStore
from backend.recommendations.serving import CACHE
from ml.registry import Registry, Version, VersionDamaged, VersionNotFound
from ml.settings import TrainingSettings
from tests.backend.recommendations.shop import NOW, Entries, register
from tests.backend.shop import SYSTEM
from tests.backend.together import Killed, killed_at, together

pytestmark = pytest.mark.django_db

SHOPPER = uuid4()
LISTS: dict[str, dict[object, Entries]] = {
    "user.collaborative": {"a": [(1, 0.5, 7), (2, 0.25, 0)]},
    "product.content_based": {3: [(4, 1.0, 0)]},
}


@pytest.fixture
def versions(tmp_path: Path) -> list[Version]:
    return [
        register(tmp_path, LISTS, now=NOW + timedelta(days=day), fingerprint=str(day) * 64)
        for day in range(3)
    ]


def serving() -> str:
    return ModelVersion.objects.get(is_serving=True).version


def test_publishing_records_every_file_and_serves_the_newest(tmp_path: Path, versions: list[Version]) -> None:
    row = services.publish(None, registry=Registry(tmp_path), now=NOW, by=SYSTEM)

    assert serving() == row.version == versions[2].id
    entries = versions[2].manifest["lists"]
    assert {f"{one.audience}.{one.algorithm}": (one.lists, one.sha256) for one in row.lists.all()} == {
        name: (1, entries[name]["sha256"]) for name in ("user.collaborative", "product.content_based")
    }


def test_publishing_twice_changes_nothing(tmp_path: Path, versions: list[Version]) -> None:
    for _ in range(2):
        services.publish(versions[0].id, registry=Registry(tmp_path), now=NOW, by=SYSTEM)

    assert serving() == versions[0].id
    assert ProductRecommendation.objects.count() == 2


def test_an_interrupted_publication_is_completed(tmp_path: Path, versions: list[Version]) -> None:
    row = ModelVersion.objects.create(version=versions[0].id)
    ProductRecommendation.objects.create(version=row, audience="user", algorithm="collaborative", sha256="0")

    services.publish(versions[0].id, registry=Registry(tmp_path), now=NOW, by=SYSTEM)

    assert ProductRecommendation.objects.filter(version=row).count() == 2
    assert serving() == versions[0].id


@pytest.mark.stores
@pytest.mark.django_db(transaction=True)
def test_a_publication_or_rollback_killed_at_any_statement_serves_one_whole_version(
    tmp_path: Path, versions: list[Version]
) -> None:
    registry, later = Registry(tmp_path), NOW + timedelta(days=1)
    services.publish(versions[0].id, registry=registry, now=NOW, by=SYSTEM)

    def published() -> object:
        return services.publish(versions[1].id, registry=registry, now=later, by=SYSTEM)

    def rolled_back() -> object:
        return services.rollback(registry=Registry(tmp_path), now=later, by=SYSTEM)

    for step, before, after in ((published, 0, 1), (rolled_back, 1, 0)):
        kills = kill_at_every_statement(step, before=versions[before].id, after=versions[after].id)
        assert kills > 5
    # Each publication that was completed is recorded once, however often it was killed before.
    assert list(Publication.objects.order_by("pk").values_list("version", flat=True)) == [
        versions[0].id,
        versions[1].id,
    ]


def kill_at_every_statement(step: Callable[[], object], *, before: str, after: str) -> int:
    """Repeat the step, killed at one statement more each time, until it is complete; return the number of kills."""
    for kills in count():
        assert serving() == before
        try:
            with connection.execute_wrapper(killed_at(kills + 1)):
                step()
        except Killed:
            connection.close()
            row = ModelVersion.objects.get(is_serving=True)
            assert row.version in (before, after)
            assert row.loaded_at is not None
            assert row.lists.count() == 2
            if row.version == before:
                continue
        assert serving() == after
        return kills
    raise AssertionError


@dataclass(frozen=True, slots=True)
class ErasingVersion(Version):
    """A version from which a shopper is erased as soon as all its files were read."""

    def verify(self) -> None:
        Version.verify(self)
        together(lambda: ModelStore().erase(ShopperKeys(SHOPPER), now=NOW))


@dataclass(frozen=True, slots=True)
class ErasingRegistry(Registry):
    """A registry whose versions are read for the first time by a publication during an erasure."""

    def latest(self) -> Version | None:
        found = Registry.latest(self)
        return found and ErasingVersion(found.id, found.path, found.manifest)


@pytest.mark.stores
@pytest.mark.django_db(transaction=True)
def test_a_shopper_who_is_erased_while_a_version_is_published_gets_no_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    registry = ErasingRegistry(TrainingSettings.from_env().registry)
    lists: dict[str, dict[object, Entries]] = {
        "user.collaborative": {str(SHOPPER): [(1, 0.5, 7)], "another": [(2, 0.25, 0)]}
    }
    version = register(registry.root, lists, now=NOW)

    services.publish(None, registry=registry, now=NOW, by=SYSTEM)

    assert serving() == version.id
    file = ProductRecommendation.objects.get()
    assert file.sha256 == registry.load(version.id).manifest["lists"]["user.collaborative"]["sha256"]
    found = CACHE.current().lists
    assert found is not None
    assert [found["user.collaborative"].place(key) for key in (str(SHOPPER), "another")] == [None, 0]


def test_a_damaged_version_is_not_served(tmp_path: Path, versions: list[Version]) -> None:
    services.publish(versions[0].id, registry=Registry(tmp_path), now=NOW, by=SYSTEM)
    (versions[1].path / "product.content_based.lists").write_bytes(b"damaged")

    with pytest.raises(VersionDamaged):
        services.publish(versions[1].id, registry=Registry(tmp_path), now=NOW, by=SYSTEM)

    assert serving() == versions[0].id
    assert ProductRecommendation.objects.count() == 2


def test_rolling_back_twice_goes_back_two_versions(tmp_path: Path, versions: list[Version]) -> None:
    for hour, version in enumerate(versions):
        services.publish(version.id, registry=Registry(tmp_path), now=NOW + timedelta(hours=hour), by=SYSTEM)

    assert services.rollback(registry=Registry(tmp_path), now=NOW, by=SYSTEM).version == versions[1].id
    assert services.rollback(registry=Registry(tmp_path), now=NOW, by=SYSTEM).version == versions[0].id
    assert serving() == versions[0].id
    with pytest.raises(NothingToRollBackTo):
        services.rollback(registry=Registry(tmp_path), now=NOW, by=SYSTEM)


def test_a_rollback_skips_the_older_publication_of_a_rolled_back_version(
    tmp_path: Path, versions: list[Version]
) -> None:
    for hour, version in enumerate((versions[0], versions[1], versions[0])):
        services.publish(version.id, registry=Registry(tmp_path), now=NOW + timedelta(hours=hour), by=SYSTEM)

    assert services.rollback(registry=Registry(tmp_path), now=NOW, by=SYSTEM).version == versions[1].id
    with pytest.raises(NothingToRollBackTo):
        services.rollback(registry=Registry(tmp_path), now=NOW, by=SYSTEM)
    assert serving() == versions[1].id


def test_a_rolled_back_version_can_be_published_again(tmp_path: Path, versions: list[Version]) -> None:
    for hour, version in enumerate(versions[:2]):
        services.publish(version.id, registry=Registry(tmp_path), now=NOW + timedelta(hours=hour), by=SYSTEM)
    services.rollback(registry=Registry(tmp_path), now=NOW, by=SYSTEM)

    services.publish(versions[1].id, registry=Registry(tmp_path), now=NOW + timedelta(hours=5), by=SYSTEM)

    assert serving() == versions[1].id
    assert services.rollback(registry=Registry(tmp_path), now=NOW, by=SYSTEM).version == versions[0].id


def test_a_rollback_skips_versions_that_were_rolled_back(tmp_path: Path, versions: list[Version]) -> None:
    good, bad, next_night = versions
    for hour, version in enumerate((good, bad)):
        services.publish(version.id, registry=Registry(tmp_path), now=NOW + timedelta(hours=hour), by=SYSTEM)
    services.rollback(registry=Registry(tmp_path), now=NOW + timedelta(hours=2), by=SYSTEM)
    services.publish(next_night.id, registry=Registry(tmp_path), now=NOW + timedelta(hours=3), by=SYSTEM)

    assert (
        services.rollback(registry=Registry(tmp_path), now=NOW + timedelta(hours=4), by=SYSTEM).version
        == good.id
    )


def test_a_rollback_stays_until_a_version_is_published_manually(
    tmp_path: Path, versions: list[Version]
) -> None:
    registry = Registry(tmp_path)
    for hour, version in enumerate(versions[:2]):
        services.publish(version.id, registry=registry, now=NOW + timedelta(hours=hour), by=SYSTEM)
    services.rollback(registry=Registry(tmp_path), now=NOW + timedelta(hours=2), by=SYSTEM)

    published = services.publish_unless_pinned(registry=registry, now=NOW + timedelta(hours=3), by=SYSTEM)
    assert published.version == serving() == versions[0].id

    services.publish(None, registry=registry, now=NOW + timedelta(hours=4), by=SYSTEM)
    newest = register(tmp_path, LISTS, now=NOW + timedelta(days=4))
    services.publish_unless_pinned(registry=registry, now=NOW + timedelta(hours=5), by=SYSTEM)
    assert serving() == newest.id


def test_a_manually_published_version_stays_until_another_is_published_manually(
    tmp_path: Path, versions: list[Version]
) -> None:
    services.publish(versions[0].id, registry=Registry(tmp_path), now=NOW, by=SYSTEM)

    services.publish_unless_pinned(registry=Registry(tmp_path), now=NOW + timedelta(hours=1), by=SYSTEM)

    assert serving() == versions[0].id


def test_a_rollback_while_the_next_version_is_loaded_stays(tmp_path: Path, versions: list[Version]) -> None:
    class Interrupted(Registry):
        """A registry whose `latest` rolls back, as an operator might at that moment."""

        def latest(self) -> Version | None:
            services.rollback(registry=Registry(tmp_path), now=NOW + timedelta(hours=2), by=SYSTEM)
            return super().latest()

    for hour, version in enumerate((versions[0].id, None)):
        services.publish(version, registry=Registry(tmp_path), now=NOW + timedelta(hours=hour), by=SYSTEM)

    services.publish_unless_pinned(registry=Interrupted(tmp_path), now=NOW + timedelta(hours=3), by=SYSTEM)

    assert serving() == versions[0].id


def test_a_back_test_is_published_only_by_name_and_with_a_reason(
    tmp_path: Path, versions: list[Version]
) -> None:
    registry = Registry(tmp_path)
    back_test = register(tmp_path, LISTS, now=NOW + timedelta(days=5), back_test=True)

    services.publish(None, registry=registry, now=NOW, by=SYSTEM)
    assert serving() == versions[2].id

    with pytest.raises(VersionNotPublishable, match="data_complete: it is a back-test"):
        services.publish(back_test.id, registry=registry, now=NOW, by=SYSTEM)
    with pytest.raises(ReasonMissing):
        services.publish(back_test.id, registry=registry, now=NOW, by=SYSTEM, forced_because=" ")
    assert serving() == versions[2].id
    later = NOW + timedelta(hours=1)
    services.publish(back_test.id, registry=registry, now=later, by=SYSTEM, forced_because="a try")
    assert serving() == back_test.id


def test_a_version_of_152_products_is_refused_by_name_and_changes_nothing(
    tmp_path: Path, versions: list[Version]
) -> None:
    registry = Registry(tmp_path)
    big = register(tmp_path, LISTS, now=NOW + timedelta(days=3), products=2_000, rows=9_000)
    services.publish(big.id, registry=registry, now=NOW, by=SYSTEM)
    small = register(tmp_path, LISTS, now=NOW + timedelta(days=4), products=152, rows=9_000)

    with pytest.raises(VersionNotPublishable, match="data_complete: 152 products, less than half") as error:
        services.publish(small.id, registry=registry, now=NOW, by=SYSTEM)

    assert error.value.details == {"gates": ["data_complete"]}
    assert f"publish_model {small.id} --force --reason" in str(error.value)
    assert serving() == big.id
    assert not ModelVersion.objects.filter(version=small.id).exists()


def test_a_forced_publication_is_recorded_with_gates_reason_and_author(
    tmp_path: Path, versions: list[Version]
) -> None:
    registry, by = Registry(tmp_path), Actor.user(7)
    services.publish(versions[0].id, registry=registry, by=SYSTEM, now=NOW)
    unjudged = register(tmp_path, LISTS, now=NOW + timedelta(days=3), verdicts=None, products=10)

    services.publish(
        unjudged.id, registry=registry, by=by, now=NOW + timedelta(hours=1), forced_because=" Moved the shop "
    )

    first, forced = Publication.objects.order_by("pk")
    assert (first.overridden, first.reason) == ([], "")
    assert (forced.overridden, forced.reason) == (["data_complete", "judged"], "Moved the shop")
    assert (forced.user_id, forced.version) == (7, unjudged.id)
    assert forced.manifest_sha256 == unjudged.manifest_sha256
    entry = AuditEntry.objects.filter(action="recommendations.published").order_by("pk").last()
    assert entry is not None
    assert (entry.user_id, entry.changes["overridden"], entry.changes["reason"]) == (
        7,
        [None, ["data_complete", "judged"]],
        [None, "Moved the shop"],
    )


def test_a_version_without_verdicts_goes_on_serving_and_can_be_rolled_back_to(
    tmp_path: Path, versions: list[Version]
) -> None:
    registry = Registry(tmp_path)
    old = register(tmp_path, LISTS, now=NOW - timedelta(days=1), verdicts=None)
    services.publish(old.id, registry=registry, by=SYSTEM, now=NOW, forced_because="of the last release")
    # A release before gates has no rows of publications.
    ServingPointer.objects.all().delete()
    Publication.objects.all().delete()

    services.publish(None, registry=registry, by=SYSTEM, now=NOW + timedelta(hours=1))

    assert (
        services.rollback(registry=Registry(tmp_path), by=SYSTEM, now=NOW + timedelta(hours=2)).version
        == old.id
    )
    with pytest.raises(VersionNotPublishable, match="judged: an earlier release"):
        services.publish(old.id, registry=registry, by=SYSTEM, now=NOW + timedelta(hours=3))


def test_the_command_publishes_a_refused_version_only_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    version = register(tmp_path / "models", LISTS, verdicts=None)

    with pytest.raises(CommandError, match="judged"):
        call_command("publish_model", version.id)
    with pytest.raises(CommandError, match="--reason"):
        call_command("publish_model", version.id, "--force")
    with pytest.raises(CommandError, match="the name of a version"):
        call_command("publish_model", "--force", "--reason", "it is good")
    with pytest.raises(CommandError, match="only with --force"):
        call_command("publish_model", version.id, "--reason", "it is good")
    call_command("publish_model", version.id, "--force", "--reason", "it is good")

    assert serving() == version.id
    assert Publication.objects.get().reason == "it is good"


def test_the_schedule_does_not_publish_a_refused_version(tmp_path: Path, versions: list[Version]) -> None:
    registry = Registry(tmp_path)
    services.publish(None, registry=registry, by=SYSTEM, now=NOW)
    register(tmp_path, LISTS, now=NOW + timedelta(days=4), products=1)

    with pytest.raises(VersionNotPublishable):
        services.publish_unless_pinned(registry=registry, by=SYSTEM, now=NOW)

    assert serving() == versions[2].id


def test_only_the_last_versions_keep_their_lists(tmp_path: Path, versions: list[Version]) -> None:
    four_versions = [*versions, register(tmp_path, LISTS, now=NOW + timedelta(days=3))]

    for hour, version in enumerate(four_versions):
        services.publish(version.id, registry=Registry(tmp_path), now=NOW + timedelta(hours=hour), by=SYSTEM)

    assert set(ModelVersion.objects.values_list("version", flat=True)) == {
        one.id for one in four_versions[1:]
    }
    assert ProductRecommendation.objects.count() == 2 * services.KEPT_VERSIONS


def test_the_error_for_an_empty_registry_names_the_training_command(tmp_path: Path) -> None:
    with pytest.raises(NothingToPublish, match=r"ml\.train"):
        services.publish(None, registry=Registry(tmp_path), now=NOW, by=SYSTEM)


def test_the_error_for_an_unknown_version_lists_the_known_ones(
    tmp_path: Path, versions: list[Version]
) -> None:
    with pytest.raises(VersionNotFound, match=versions[0].id):
        services.publish("2020", registry=Registry(tmp_path), now=NOW, by=SYSTEM)


def test_the_command_publishes_lists_and_rolls_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    older = register(tmp_path / "models", LISTS)
    newer = register(tmp_path / "models", LISTS, now=NOW + timedelta(days=1))

    call_command("publish_model", older.id)
    call_command("publish_model")
    assert serving() == newer.id
    call_command("publish_model", "--list")
    assert f"{newer.id}  serving\n{older.id}  published\n" in capsys.readouterr().out
    call_command("publish_model", "--rollback")
    assert serving() == older.id
    assert "publishes nothing until" in capsys.readouterr().out
    call_command("publish_model", "--list")
    assert f"{older.id}  serving, pinned by publish_model: it was rolled back to\n" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no earlier version with files"):
        call_command("publish_model", "--rollback")


def test_publishing_and_rolling_back_are_recorded_with_both_versions(
    tmp_path: Path, versions: list[Version]
) -> None:
    registry, by = Registry(tmp_path), Actor.user(7)
    for number in range(2):
        services.publish(versions[number].id, registry=registry, by=by, now=NOW + timedelta(hours=number))
    services.rollback(registry=Registry(tmp_path), by=SYSTEM, now=NOW + timedelta(hours=3))

    entries = AuditEntry.objects.filter(action__startswith="recommendations.").order_by("pk")
    assert [(entry.action, entry.user_id, entry.changes) for entry in entries] == [
        ("recommendations.published", 7, {"serving": [None, versions[0].id]}),
        ("recommendations.published", 7, {"serving": [versions[0].id, versions[1].id]}),
        ("recommendations.rolled_back", None, {"serving": [versions[1].id, versions[0].id]}),
    ]


def test_a_version_that_cannot_be_loaded_leaves_no_audit_entry(
    tmp_path: Path, versions: list[Version]
) -> None:
    (versions[1].path / "product.content_based.lists").write_bytes(b"damaged")
    with pytest.raises(VersionDamaged):
        services.publish(versions[1].id, registry=Registry(tmp_path), by=SYSTEM, now=NOW)

    assert not AuditEntry.objects.exists()
