"""Immutable versions on disk: arrays and a JSON manifest; loading executes no code.

    models/20260301T021500Z-1f3a9c02/
        manifest.json                 parameters, metrics, data fingerprint, a SHA-256 for every file
        user.collaborative.lists      lists by shopper key (`ml.mapped_lists`)
        product.content_based.lists   lists by product
        NAME.arrays                   other arrays by name

A version is written atomically: into a hidden folder, which is flushed to disk and then renamed.
Afterwards it changes only if a shopper is erased. Files are mapped (`ml.packed`), except for the archives of
arrays that earlier releases wrote (format 1). This module is imported without NumPy.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from analytics_pipeline.locks import exclusive
from ml import packed
from ml.mapped_lists import MappedLists

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.lists import Lists

MANIFEST = "manifest.json"
FORMAT = 2
ARCHIVES = 1
"""The format whose lists are archives of arrays, which are read, but neither mapped nor written."""
LISTS, ARCHIVE = ".lists", ".npz"
LOCK = ".forgetting"
"""The file by whose lock erasures and deletions of versions take turns."""
SHOPPERS = "user."
"""The prefix of the lists whose subjects are shopper keys."""
REMAINS = re.compile(r"\.\d{8}T\d{6}Z-[^.]+\..+")
"""The names of the folders of a version that is being written or deleted."""
COLUMNS = ("subjects", "products", "scores", "because")
ARRAYS_NAME = re.compile(r"[a-z][a-z0-9_.]*")
"""Names of arrays, which name files."""

T = TypeVar("T")
V = TypeVar("V")
NO_ARRAYS: "Mapping[str, Mapping[str, NDArray[Any]]]" = MappingProxyType({})


class VersionNotFound(LookupError):
    """The registry has no version with this id."""

    def __init__(self, version: str, *, known: Sequence[str]) -> None:
        newest = ", ".join(known[-5:]) or "none; `python -m ml.train` makes one"
        super().__init__(f"no version {version!r} is registered; the newest: {newest}")
        self.version, self.known = version, known


class VersionExists(ValueError):
    """A version with this id is registered already; versions never change."""

    def __init__(self, version: str) -> None:
        super().__init__(f"version {version} is registered already and versions never change")
        self.version = version


class VersionDamaged(ValueError):
    """A file of the version is missing or differs from what was written."""

    def __init__(self, version: str, *, file: str, reason: str) -> None:
        super().__init__(f"version {version}: {file} {reason}; train again or restore the folder")
        self.version, self.file, self.reason = version, file, reason


class VersionsDamaged(ValueError):
    """Shoppers are still in these versions, because files of theirs can't be read."""

    def __init__(self, damaged: Sequence[VersionDamaged]) -> None:
        files = "; ".join(f"{error.version}: {error.file} {error.reason}" for error in damaged)
        super().__init__(f"shoppers were not erased from {files}. Restore or delete these versions' folders")
        self.versions = sorted({error.version for error in damaged})


@dataclass(frozen=True, slots=True)
class Version:
    """One trained version; `manifest` holds the facts given to `Registry.register`, `lists` and `format`."""

    id: str
    path: Path
    manifest: Mapping[str, Any]

    def lists(self, name: str) -> "Lists":
        """Return the lists with this name (`audience.algorithm`) for NumPy.

        Raises:
            VersionDamaged: the file is missing or differs from what was written.
        """
        from ml.lists import Lists  # noqa: PLC0415 - imports NumPy

        entry = self.manifest["lists"][name]
        if entry["file"].endswith(ARCHIVE):
            return self._archived(entry)
        arrays = {part: mapped.array() for part, mapped in self._opened(entry).items()}
        return self._used(entry, Lists.from_arrays, arrays)

    def subjects(self, name: str) -> Iterator[str]:
        """Yield the subjects of the lists with this name, in the order of the lists.

        Raises:
            VersionDamaged: the file is missing or differs from what was written.
        """
        entry = self.manifest["lists"][name]
        if entry["file"].endswith(ARCHIVE):
            return map(str, self._archived(entry).subjects.tolist())
        return self.mapped_lists(name).subjects()

    def verify(self) -> None:
        """Read all files once.

        Raises:
            VersionDamaged: a file is missing or differs from what was written.
        """
        for name in self.manifest["lists"]:
            self.mapped_lists(name)
        for entry in self.manifest["arrays"].values():
            self._opened(entry)

    def mapped_lists(self, name: str) -> MappedLists:
        """Map the lists with this name, whose file is read once to verify it.

        Raises:
            VersionDamaged: the file is missing or differs from what was written.
        """
        entry = self.manifest["lists"][name]
        return self._used(entry, MappedLists, self._opened(entry))

    def arrays(self, name: str) -> "dict[str, NDArray[Any]]":
        """Return the arrays that were registered by this name, mapped read-only; keep them, don't ask again.

        Raises:
            KeyError: the version has none by this name, for example because an earlier release made it.
            VersionDamaged: the file is missing or differs from what was written.
        """
        return {part: mapped.array() for part, mapped in self.mapped(name).items()}

    def mapped(self, name: str) -> dict[str, packed.Mapped]:
        """Return the same as `arrays` for processes without NumPy.

        Raises:
            KeyError: the version has none by this name.
            VersionDamaged: the file is missing or differs from what was written.
        """
        return self._opened(self.manifest.get("arrays", {})[name])

    def has(self, name: str) -> bool:
        """Return whether arrays were registered by this name."""
        return name in self.manifest.get("arrays", {})

    def made(self, name: str, make: Callable[[dict[str, packed.Mapped]], T]) -> T:
        """Return what `make` makes of the mapped arrays of this name.

        Raises:
            KeyError: the version has none by this name (`has`).
            VersionDamaged: the file is missing, differs from what was written, or lacks an array.
        """
        entry = self.manifest.get("arrays", {})[name]
        return self._used(entry, make, self._opened(entry))

    def _opened(self, entry: Mapping[str, Any]) -> dict[str, packed.Mapped]:
        try:
            return packed.opened(self.path / entry["file"], sha256=entry["sha256"])
        except packed.FileDamaged as error:
            raise VersionDamaged(self.id, file=entry["file"], reason=str(error)) from error

    def _used(self, entry: Mapping[str, Any], use: Callable[[V], T], arrays: V) -> T:
        """Return what `use` makes of the arrays of a file, which an edited file may lack."""
        try:
            return use(arrays)
        except (KeyError, IndexError, ValueError) as error:
            reason = f"has other arrays than this release reads ({error})"
            raise VersionDamaged(self.id, file=entry["file"], reason=reason) from error

    def _archived(self, entry: Mapping[str, Any]) -> "Lists":
        import numpy as np  # noqa: PLC0415 - only for versions of earlier releases

        from ml.lists import Lists  # noqa: PLC0415 - as above

        path = self.path / entry["file"]
        if not path.is_file():
            raise VersionDamaged(self.id, file=entry["file"], reason="is missing")
        if _sha256(path) != entry["sha256"]:
            raise VersionDamaged(self.id, file=entry["file"], reason="has another checksum than its manifest")
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return Lists(*(arrays[column] for column in COLUMNS))
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise VersionDamaged(self.id, file=entry["file"], reason=f"can't be read ({error})") from error

    @property
    def manifest_sha256(self) -> str:
        """The checksum of the manifest, which names those of all files."""
        return _digest_of(self.manifest)

    @property
    def is_mapped(self) -> bool:
        """Whether its lists can be mapped; those of earlier releases can't."""
        return int(self.manifest.get("format", ARCHIVES)) > ARCHIVES

    @property
    def is_back_test(self) -> bool:
        """Whether it was trained as of an earlier time, for measurement only."""
        return bool(self.manifest.get("back_test", False))

    @property
    def list_names(self) -> Sequence[str]:
        return sorted(self.manifest["lists"])


@dataclass(frozen=True, slots=True)
class Registry:
    """The versions of one shop, in one folder."""

    root: Path

    def versions(self) -> Sequence[str]:
        """Return the ids of all complete versions, oldest first."""
        if not self.root.is_dir():
            return []
        return sorted(path.parent.name for path in self.root.glob(f"[!.]*/{MANIFEST}"))

    def load(self, version: str) -> Version:
        """Return a version with its manifest.

        Raises:
            VersionNotFound: there is no such version.
            VersionDamaged: its manifest can't be read, was changed, or is of a later release.
        """
        if version not in self.versions():
            raise VersionNotFound(version, known=self.versions())
        path = self.root / version
        try:
            manifest = dict(json.loads((path / MANIFEST).read_text(encoding="utf-8")))
            digest = manifest.pop("sha256")
            found_format = int(manifest.get("format", ARCHIVES))
        except OSError as error:
            raise VersionDamaged(
                version, file=MANIFEST, reason=f"can't be read ({error.strerror})"
            ) from error
        except (ValueError, TypeError, KeyError) as error:
            raise VersionDamaged(version, file=MANIFEST, reason="is not a manifest") from error
        if digest != _digest_of(manifest):
            raise VersionDamaged(version, file=MANIFEST, reason="was changed after it was written")
        if found_format > FORMAT:
            reason = f"has format {found_format}, of a later release; this one reads formats to {FORMAT}"
            raise VersionDamaged(version, file=MANIFEST, reason=reason)
        return Version(version, path, manifest)

    def read(self, version: str, use: Callable[[Version], T]) -> T:
        """Return what `use` returns for the version.

        It is called again if an erasure replaced files of the version after its manifest was read.

        Raises:
            VersionNotFound: there is no such version.
            VersionDamaged: its manifest or a file that `use` reads can't be read or was changed.
        """
        found = self.load(version)
        try:
            return use(found)
        except VersionDamaged:
            again = self.load(version)
            if again.manifest_sha256 == found.manifest_sha256:
                raise
            return use(again)

    def latest(self) -> Version | None:
        """Return the newest version that is not a back-test and whose manifest is not damaged, or None."""
        for name in reversed(self.versions()):
            try:
                version = self.load(name)
            except VersionDamaged:
                continue
            if not version.is_back_test:
                return version
        return None

    def judged(self, *, before: str, count: int) -> Sequence[Version]:
        """Return the newest `count` versions before this id that were judged; the oldest first.

        Back-tests, versions of releases that didn't judge, and damaged manifests are left out.
        """
        found: list[Version] = []
        for name in reversed(self.versions()):
            if name >= before or len(found) == count:
                continue
            try:
                version = self.load(name)
            except VersionDamaged:
                continue
            if not version.is_back_test and "verdicts" in version.manifest:
                found.append(version)
        return found[::-1]

    def damaged(self) -> Sequence[VersionDamaged]:
        """Return why manifests can't be read, for each version that `latest` skips; the oldest first."""
        found = []
        for name in self.versions():
            try:
                self.load(name)
            except VersionDamaged as error:
                found.append(error)
        return found

    def delete_remains(self) -> Sequence[str]:
        """Delete what killed trainings and deletions left, and return the names of these folders.

        Only the holder of the training lock may call it, because a folder of a running training looks alike.
        """
        if not self.root.is_dir():
            return []
        left = sorted(path for path in self.root.iterdir() if path.is_dir() and REMAINS.fullmatch(path.name))
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
        return [path.name for path in left]

    def prune(self, *, keep: int, protected: Collection[str] = ()) -> Sequence[str]:
        """Delete all but the newest `keep` versions and those in `protected`; return the deleted ids.

        Raises:
            ValueError: `keep` is negative.
        """
        if keep < 0:
            raise ValueError(f"can't keep {keep} versions")
        # An erasure must not find that a version disappears while it reduces its files.
        with exclusive(self.root / LOCK):
            versions = self.versions()
            candidates = versions[: max(len(versions) - keep, 0)]
            old = [version for version in candidates if version not in protected]
            for version in old:
                # Renamed first, so that a partly deleted version is never listed.
                hidden = self.root / f".{version}.deleting"
                (self.root / version).rename(hidden)
                # If this fails or is interrupted, the next training deletes the rest.
                shutil.rmtree(hidden, ignore_errors=True)
        return old

    def forget(
        self, is_forgotten: Callable[[str], bool], *, on_change: Callable[[Version, Version], None]
    ) -> Sequence[str]:
        """Remove the lists of these shoppers from all versions; return the ids of the versions that had any.

        The reduced arrays get files of their own. The manifest, which is replaced atomically, then refers to
        them, so that a version is complete whenever the process is killed. A process that has read the
        previous manifest may find that its files are missing (VersionDamaged), and has to load the version
        again. A lock keeps two processes from replacing each other's manifests. While it is held, `on_change`
        is called with each version before and after its change.

        Raises:
            VersionsDamaged: files of versions can't be read; all others were changed.
        """
        changed: list[str] = []
        damaged: list[VersionDamaged] = []
        with exclusive(self.root / LOCK):
            for name in self.versions():
                try:
                    version = self.load(name)
                    if self._forget_in(version, is_forgotten, damaged):
                        changed.append(name)
                        on_change(version, self.load(name))
                except VersionNotFound:
                    # An operator deleted its folder meanwhile.
                    continue
                except VersionDamaged as error:
                    damaged.append(error)
        if damaged:
            raise VersionsDamaged(damaged)
        return changed

    def _forget_in(
        self, version: Version, is_forgotten: Callable[[str], bool], damaged: list[VersionDamaged]
    ) -> bool:
        """Return whether lists were reduced; add those that can't be read to `damaged`."""
        changed: dict[str, Any] = {}
        for name in version.list_names:
            if not name.startswith(SHOPPERS):
                continue
            try:
                kept = [not is_forgotten(subject) for subject in version.subjects(name)]
                if all(kept):
                    continue
                lists = version.lists(name)
            except VersionDamaged as error:
                damaged.append(error)
                continue
            reduced, model = lists.only(kept), version.manifest["lists"][name]["model"]
            changed[name] = _write(version.path, name, reduced, model=model, suffix=f".{uuid4().hex[:8]}")
        if changed:
            facts = {**version.manifest, "lists": {**version.manifest["lists"], **changed}}
            _write_manifest(version.path, facts)
            _flush(version.path)
        self._delete_unused_files(version.id)
        return bool(changed)

    def _delete_unused_files(self, version: str) -> None:
        """Delete the lists that the manifest doesn't name, also those that a killed process left."""
        found = self.load(version)
        used = {entry["file"] for entry in found.manifest["lists"].values()}
        for path in found.path.iterdir():
            if path.suffix in {LISTS, ARCHIVE} and path.name not in used:
                path.unlink(missing_ok=True)

    def register(
        self,
        *,
        lists: "Mapping[str, Lists]",
        made_by: Mapping[str, str],
        facts: Mapping[str, Any],
        now: datetime,
        arrays: "Mapping[str, Mapping[str, NDArray[Any]]]" = NO_ARRAYS,
    ) -> Version:
        """Write a version and return it.

        `lists` and `made_by` (the model's name) have the same keys, `audience.algorithm`; `facts` is any JSON
        object with a `fingerprint`: parameters, metrics and the like. `arrays` are other artefacts, a file
        for each name (lower-case letters, digits, `_` and `.`) with its arrays. They must not contain keys of
        shoppers, because an erasure looks for these in lists only.

        Raises:
            ValueError: a name of arrays can't name a file.
            TypeError: an array has a type that files don't have (`packed.write`).
            VersionExists: a version with this id is registered already.
        """
        version = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{facts['fingerprint'][:8]}"
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        building = Path(tempfile.mkdtemp(prefix=f".{version}.", dir=self.root))
        try:
            entries = {
                name: _write(building, name, part, model=made_by[name]) for name, part in lists.items()
            }
            others = {name: _write_arrays(building, name, part) for name, part in arrays.items()}
            made = {"format": FORMAT, "created_at": now.isoformat(), "lists": entries, "arrays": others}
            _write_manifest(building, {**facts, **made})
            _flush(building)
            self._move(building, version)
        finally:
            shutil.rmtree(building, ignore_errors=True)
        _flush(self.root)
        return self.load(version)

    def _move(self, building: Path, version: str) -> None:
        try:
            building.rename(self.root / version)
        except OSError as error:
            if (self.root / version).exists():
                raise VersionExists(version) from error
            raise


def _write(folder: Path, name: str, lists: "Lists", *, model: str, suffix: str = "") -> dict[str, object]:
    written = _write_file(folder / f"{name}{suffix}{LISTS}", lists.to_arrays())
    return {**written, "model": model, "subjects": len(lists), "length": lists.products.shape[1]}


def _write_arrays(folder: Path, name: str, arrays: "Mapping[str, NDArray[Any]]") -> dict[str, object]:
    if not ARRAYS_NAME.fullmatch(name):
        raise ValueError(f"arrays can't be named {name!r}")
    return _write_file(folder / f"{name}.arrays", arrays)


def _write_file(path: Path, arrays: "Mapping[str, NDArray[Any]]") -> dict[str, object]:
    packed.write(path, arrays)
    return {"file": path.name, "sha256": _sha256(path), "bytes": path.stat().st_size}


def _write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    # The digest is of the manifest after a round trip through JSON, as it is read and checked later.
    plain = json.loads(json.dumps(manifest))
    replacement = folder / f".{MANIFEST}"
    with replacement.open("w", encoding="utf-8") as file:
        json.dump({**plain, "sha256": _digest_of(plain)}, file, indent=2, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    replacement.replace(folder / MANIFEST)


def _digest_of(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(folder: Path) -> None:
    """Flush a folder to disk, which makes renames in it durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
