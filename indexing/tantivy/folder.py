"""Generations as folders, and a file with the name of the serving one.

HOME/serving.json            {"serving": NAME, "standby": NAME or null}
HOME/NAME/generation.json    {"version": schema version, "created_at": …, "language": …, "encoder": …}
HOME/NAME/index/             tantivy's own files
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from tantivy import Index

from indexing.analysis import DEFAULT_LANGUAGE
from indexing.encoder.identity import EncoderIdentity
from indexing.engine import Generation, Role
from indexing.errors import GenerationNotFound, IndexCorrupt, SearchEngineUnavailable
from indexing.schema import VERSION, IndexSchema, schema_of
from indexing.tantivy.schema import build_schema

NAME = "tantivy"
PREFIX = "products-"
POINTER = "serving.json"
DESCRIPTION = "generation.json"
INDEX = "index"


@dataclass(frozen=True, slots=True)
class Pointer:
    """The names of the serving generation and of the standby."""

    serving: str | None = None
    standby: str | None = None


class Folder:
    """The folder of all generations of one shop."""

    def __init__(self, home: Path, *, language: str) -> None:
        """Use `home`, which need not exist yet; new generations are in `language`."""
        self.home = home
        self._language = language

    def pointer(self) -> Pointer:
        """Return the names of the serving generation and of the standby.

        Raises:
            IndexCorrupt: the file with the names is damaged.
            SearchEngineUnavailable: the file cannot be read now, which needs no rebuild.
        """
        try:
            with _translated_errors():
                return self._read_pointer()
        except ValueError as error:
            raise IndexCorrupt(POINTER, str(error)) from error

    def _read_pointer(self) -> Pointer:
        try:
            return msgspec.json.decode((self.home / POINTER).read_bytes(), type=Pointer)
        except FileNotFoundError:
            return Pointer()

    def point(self, pointer: Pointer) -> None:
        """Set the serving generation and the standby, atomically."""
        written = {"serving": pointer.serving, "standby": pointer.standby}
        with _translated_errors():
            _replace(self.home / POINTER, json.dumps(written))

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first, including damaged ones, which a rebuild has to drop."""
        pointer = self._readable_pointer()
        found = [_described(path, pointer) for path in self.home.glob(f"*/{DESCRIPTION}")]
        return tuple(sorted(found, key=lambda generation: (generation.created_at, generation.name)))

    def serve(self, name: str) -> None:
        """Make a generation the serving one; the former one becomes the standby."""
        self.open(name)
        pointer = self._readable_pointer()
        if pointer.serving != name:
            self.point(Pointer(serving=name, standby=pointer.serving))

    def _readable_pointer(self) -> Pointer:
        try:
            return self.pointer()
        except IndexCorrupt:
            return Pointer()

    def create(self, *, now: datetime, encoder: EncoderIdentity | None = None) -> Generation:
        """Create an empty generation of the current schema version, with vectors if there is an encoder."""
        name = f"{PREFIX}{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        path = self.home / name / INDEX
        description: dict[str, object] = {
            "version": VERSION,
            "created_at": now.isoformat(),
            "language": self._language,
        }
        if encoder is not None:
            description["encoder"] = encoder.described()
        with _translated_errors():
            self._delete_half_dropped()
            # Renamed only once its description is written: a folder without one is incomplete.
            hidden = self.home / f".{name}"
            _replace(hidden / DESCRIPTION, json.dumps(description))
            hidden.rename(self.home / name)
            path.mkdir()
            Index(build_schema(with_vectors=encoder is not None), str(path))
        return Generation(name, Role.BUILDING, now, VERSION, self._language, encoder)

    def _delete_half_dropped(self) -> None:
        """Delete what remains of generations whose drop was interrupted."""
        for path in self.home.glob(f"{PREFIX}*"):
            if not (path / DESCRIPTION).exists():
                shutil.rmtree(path, ignore_errors=True)

    def generation(self, name: str) -> Generation:
        """Return the generation `name`.

        Raises:
            GenerationNotFound: there is none.
        """
        path = self.home / name / DESCRIPTION
        if not path.is_file():
            raise GenerationNotFound(name)
        return _described(path, self._readable_pointer())

    def open(self, name: str) -> tuple[Path, IndexSchema]:
        """Return the folder of the generation's tantivy index, and its schema.

        Raises:
            GenerationNotFound: there is no such generation.
            IndexCorrupt: its description is damaged.
            UnsupportedSchema: this release does not serve its schema version.
            SearchEngineUnavailable: the folder cannot be read now.
        """
        description = self.home / name / DESCRIPTION
        if not description.is_file():
            raise GenerationNotFound(name)
        try:
            with _translated_errors():
                described = json.loads(description.read_text())
                version, language = described["version"], described.get("language", DEFAULT_LANGUAGE)
                encoder = EncoderIdentity.of(described.get("encoder"))
        except (ValueError, KeyError, TypeError) as error:
            raise IndexCorrupt(name, f"{DESCRIPTION}: {error}") from error
        return description.parent / INDEX, schema_of(name, version, language=language, encoder=encoder)

    def drop(self, name: str) -> None:
        """Delete a generation, its description first: a folder without one doesn't count as a generation."""
        path = self.home / name
        (path / DESCRIPTION).unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Translate the errors of a full, missing or unreadable disk to SearchEngineUnavailable."""
    try:
        yield
    except OSError as error:
        raise SearchEngineUnavailable(NAME, str(error)) from error


def _role(name: str, pointer: Pointer) -> Role:
    if name == pointer.serving:
        return Role.SERVING
    return Role.STANDBY if name == pointer.standby else Role.BUILDING


def _described(path: Path, pointer: Pointer) -> Generation:
    """Return the generation whose description is at `path`; a damaged one has no schema version."""
    name = path.parent.name
    try:
        description = json.loads(path.read_text())
        created_at, version = datetime.fromisoformat(description["created_at"]), description["version"]
        language = description.get("language", DEFAULT_LANGUAGE)
        encoder = EncoderIdentity.of(description.get("encoder"))
    except (ValueError, KeyError, TypeError):
        created_at, version = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC), None
        language, encoder = DEFAULT_LANGUAGE, None
    return Generation(name, _role(name, pointer), created_at, version, language, encoder)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
