"""The registry of model versions."""

import hashlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from ml import packed
from ml.lists import Lists
from ml.registry import (
    Registry,
    Version,
    VersionDamaged,
    VersionExists,
    VersionNotFound,
    VersionsDamaged,
)

NOW = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
FACTS = {"fingerprint": "1f3a9c02ffff", "metrics": {"ndcg@20": 0.25}}


def sample_lists() -> Lists:
    return Lists(
        subjects=np.array(["a", "b"]),
        products=np.array([[3, 1], [2, 0]]),
        scores=np.array([[0.5, 0.25], [1, 0]], np.float32),
        because=np.array([[7, 0], [0, 0]]),
    )


def register(
    root: Path,
    *,
    now: datetime = NOW,
    back_test: bool = False,
    names: Sequence[str] = ("user.collaborative",),
) -> Version:
    return Registry(root).register(
        lists={name: sample_lists() for name in names},
        made_by=dict.fromkeys(names, "item_knn"),
        facts={**FACTS, "back_test": back_test},
        now=now,
    )


def test_a_registered_version_can_be_loaded(tmp_path: Path) -> None:
    register(tmp_path)

    version = Registry(tmp_path).load("20260301T021500Z-1f3a9c02")

    lists = version.lists("user.collaborative")
    for column in ("subjects", "products", "because"):
        np.testing.assert_array_equal(getattr(lists, column), getattr(sample_lists(), column))
    assert lists.scores.ravel().tolist() == pytest.approx([0.5, 0.25, 1, 0], abs=1e-5)
    assert version.manifest["metrics"] == {"ndcg@20": 0.25}
    assert version.manifest["lists"]["user.collaborative"]["model"] == "item_knn"


def test_only_the_owner_can_enter_the_folder_of_a_version(tmp_path: Path) -> None:
    version = register(tmp_path / "models")

    folders = [tmp_path / "models", tmp_path / "models" / version.id]
    assert [folder.stat().st_mode & 0o077 for folder in folders] == [0, 0]


def test_the_latest_version_is_the_newest(tmp_path: Path) -> None:
    assert Registry(tmp_path / "empty").latest() is None
    register(tmp_path)
    newer = register(tmp_path, now=NOW.replace(hour=3))

    latest = Registry(tmp_path).latest()

    assert latest is not None
    assert latest.id == newer.id


def test_registering_an_existing_version_is_refused(tmp_path: Path) -> None:
    register(tmp_path)

    with pytest.raises(VersionExists):
        register(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["20260301T021500Z-1f3a9c02"]


def test_pruning_keeps_the_newest_and_the_protected_versions(tmp_path: Path) -> None:
    ids = [register(tmp_path, now=NOW.replace(hour=hour)).id for hour in range(5)]

    deleted = Registry(tmp_path).prune(keep=2, protected=[ids[0]])

    assert deleted == ids[1:3]
    assert Registry(tmp_path).versions() == [ids[0], *ids[3:]]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [ids[0], *ids[3:]]


@pytest.mark.parametrize(("keep", "expected"), [(0, []), (1, [4]), (5, range(5)), (9, range(5))])
def test_pruning_keeps_the_requested_number(tmp_path: Path, keep: int, expected: Sequence[int]) -> None:
    ids = [register(tmp_path, now=NOW.replace(hour=hour)).id for hour in range(5)]

    Registry(tmp_path).prune(keep=keep)

    assert Registry(tmp_path).versions() == [ids[number] for number in expected]


def test_pruning_to_a_negative_number_is_refused(tmp_path: Path) -> None:
    register(tmp_path)

    with pytest.raises(ValueError, match="-1"):
        Registry(tmp_path).prune(keep=-1)

    assert len(Registry(tmp_path).versions()) == 1


def test_a_back_test_is_never_the_latest(tmp_path: Path) -> None:
    version = register(tmp_path)
    register(tmp_path, now=NOW.replace(hour=3), back_test=True)

    latest = Registry(tmp_path).latest()

    assert latest is not None
    assert latest.id == version.id


def test_the_files_of_a_killed_run_are_not_a_version(tmp_path: Path) -> None:
    (tmp_path / ".20260301T021500Z-1f3a9c02.abc").mkdir(parents=True)
    (tmp_path / ".20260301T021500Z-1f3a9c02.abc" / "manifest.json").write_text("{}")
    (tmp_path / "20260301T021500Z-half").mkdir()

    assert Registry(tmp_path).versions() == []


def test_a_damaged_newest_manifest_is_named_and_skipped(tmp_path: Path) -> None:
    version = register(tmp_path)
    newer = register(tmp_path, now=NOW.replace(hour=3))
    (newer.path / "manifest.json").write_text("{")

    latest = Registry(tmp_path).latest()

    assert latest is not None
    assert latest.id == version.id
    assert [error.version for error in Registry(tmp_path).damaged()] == [newer.id]


def nothing(_before: Version, _after: Version) -> None:
    """Do nothing with a changed version."""


def test_a_shopper_is_forgotten_everywhere_but_in_damaged_files_which_are_all_named(tmp_path: Path) -> None:
    one, other, version = (register(tmp_path, now=NOW.replace(hour=hour)) for hour in (1, 2, 3))
    (one.path / "manifest.json").write_text("{")
    part = register(tmp_path, now=NOW.replace(hour=4), names=["user.collaborative", "user.hybrid"])
    for damaged in (other, part):
        (damaged.path / "user.collaborative.lists").write_bytes(b"damaged")

    with pytest.raises(VersionsDamaged, match=f"{one.id}: manifest.*{other.id}: user.*{part.id}") as error:
        Registry(tmp_path).forget(lambda subject: subject == "a", on_change=nothing)

    assert error.value.versions == [one.id, other.id, part.id]
    assert Registry(tmp_path).load(version.id).lists("user.collaborative").subjects.tolist() == ["b"]
    assert Registry(tmp_path).load(part.id).lists("user.hybrid").subjects.tolist() == ["b"]


def test_each_version_is_reported_before_and_after_a_shopper_is_forgotten(tmp_path: Path) -> None:
    version, changes = register(tmp_path), list[tuple[str, str]]()

    def on_change(before: Version, after: Version) -> None:
        changes.append((before.manifest_sha256, after.manifest_sha256))

    for subject in ("a", "nobody"):
        Registry(tmp_path).forget(subject.__eq__, on_change=on_change)

    assert changes == [(version.manifest_sha256, Registry(tmp_path).load(version.id).manifest_sha256)]


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from ml import registry
from tests.ml.test_registry import register

def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(registry if sys.argv[2] != "_move" else registry.Registry, sys.argv[2], kill)
register(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("step", ["_write", "_write_manifest", "_move"])
def test_what_a_killed_training_leaves_is_no_version_and_is_deleted(tmp_path: Path, step: str) -> None:
    kept = register(tmp_path, now=NOW.replace(hour=1))
    (tmp_path / f".{kept.id}.deleting").mkdir()
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path, step], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 3
    assert Registry(tmp_path).versions() == [kept.id]

    deleted = Registry(tmp_path).delete_remains()

    assert len(deleted) == 2
    assert [path.name for path in tmp_path.iterdir()] == [kept.id]


def test_the_error_for_an_unknown_version_lists_the_versions(tmp_path: Path) -> None:
    register(tmp_path)

    with pytest.raises(VersionNotFound, match="20260301T021500Z-1f3a9c02"):
        Registry(tmp_path).load("../../etc")


@pytest.mark.parametrize("damage", ["flip a bit", "truncate", "remove"])
def test_damaged_arrays_are_detected(tmp_path: Path, damage: str) -> None:
    version = register(tmp_path)
    file = version.path / "user.collaborative.lists"
    content = bytearray(file.read_bytes())
    if damage == "remove":
        file.unlink()
    elif damage == "truncate":
        file.write_bytes(content[:-10])
    else:
        content[len(content) // 2] ^= 1
        file.write_bytes(content)

    with pytest.raises(VersionDamaged, match=r"user\.collaborative\.lists"):
        Registry(tmp_path).load(version.id).lists("user.collaborative")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": "0"}'])
def test_a_damaged_manifest_is_detected(tmp_path: Path, text: str) -> None:
    version = register(tmp_path)
    (version.path / "manifest.json").write_text(text)

    with pytest.raises(VersionDamaged, match=r"manifest\.json"):
        Registry(tmp_path).load(version.id)


def test_an_edited_manifest_is_detected(tmp_path: Path) -> None:
    version = register(tmp_path)
    path = version.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["metrics"]["ndcg@20"] = 0.99
    path.write_text(json.dumps(manifest))

    with pytest.raises(VersionDamaged, match="was changed"):
        Registry(tmp_path).load(version.id)


def test_a_manifest_of_a_later_release_is_refused_by_name(tmp_path: Path) -> None:
    version = register(tmp_path)
    rewrite(version, format=3)
    with pytest.raises(VersionDamaged, match="has format 3, of a later release"):
        Registry(tmp_path).load(version.id)


def rewrite(version: Version, **facts: object) -> None:
    """Change facts of the manifest, and its checksum with them."""
    manifest = {**version.manifest, **facts}
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    (version.path / "manifest.json").write_text(json.dumps({**manifest, "sha256": digest}))


def test_a_file_without_the_arrays_of_lists_is_refused_by_name(tmp_path: Path) -> None:
    version = register(tmp_path)
    entry = version.manifest["lists"]["user.collaborative"]
    path = version.path / entry["file"]
    packed.write(path, {"items": np.arange(3)})
    changed = {**entry, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    rewrite(version, lists={"user.collaborative": changed})
    found = Registry(tmp_path).load(version.id)
    for read in (found.lists, found.mapped_lists):
        with pytest.raises(
            VersionDamaged, match=r"user\.collaborative\.lists has other arrays than this release"
        ):
            read("user.collaborative")


def test_what_an_erasure_replaced_meanwhile_is_read_again(tmp_path: Path) -> None:
    version, registry = register(tmp_path), Registry(tmp_path)
    calls: list[Version] = []

    def count(found: Version) -> int:
        if not calls:
            registry.forget(lambda subject: subject == "a", on_change=nothing)
        calls.append(found)
        return len(found.mapped_lists("user.collaborative"))

    assert registry.read(version.id, count) == 1
    assert len(calls) == 2

    (version.path / calls[1].manifest["lists"]["user.collaborative"]["file"]).unlink()
    with pytest.raises(VersionDamaged, match="is missing"):
        registry.read(version.id, lambda found: found.mapped_lists("user.collaborative"))


def test_a_version_is_not_deleted_while_a_shopper_is_erased_from_it(tmp_path: Path) -> None:
    register(tmp_path)
    registry = Registry(tmp_path)
    deletion = threading.Thread(target=partial(registry.prune, keep=0))

    def is_a(subject: str) -> bool:
        if deletion.ident is None:
            deletion.start()
            # Without a lock the version would be deleted now.
            deletion.join(timeout=0.2)
        return subject == "a"

    assert len(registry.forget(is_a, on_change=nothing)) == 1
    deletion.join()
    assert registry.versions() == []


def test_two_processes_that_forget_different_shoppers_at_once_forget_both(tmp_path: Path) -> None:
    version = register(tmp_path)
    forget = partial(Registry(tmp_path).forget, on_change=nothing)
    second = threading.Thread(target=forget, args=[lambda subject: subject == "b"])

    def is_a(subject: str) -> bool:
        if second.ident is None:
            second.start()
            # Without a lock the second process would finish now, and its result would be replaced.
            second.join(timeout=0.2)
        return subject == "a"

    forget(is_a)
    second.join()

    assert len(Registry(tmp_path).load(version.id).lists("user.collaborative")) == 0
