"""Generations as folders, and the file that says which one serves.

HOME/serving.json            {"serving": NAME, "standby": NAME or null}
HOME/NAME/generation.json    {"version": of the fields, "created_at": …}
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

from indexing.engine import Generation, GenerationNotFound, IndexCorrupt, Role, SearchEngineUnavailable
from indexing.tantivy.schema import VERSION, build_schema

NAME = "tantivy"
PREFIX = "products-"
POINTER = "serving.json"
DESCRIPTION = "generation.json"
INDEX = "index"


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which generation serves, and which could again at once."""

    serving: str | None = None
    standby: str | None = None


class Folder:
    """The folder of all generations of one shop."""

    def __init__(self, home: Path) -> None:
        """Use `home`, which need not exist yet."""
        self.home = home

    def pointer(self) -> Pointer:
        """Return which generation serves.

        Raises IndexCorrupt if the file that says so is damaged, SearchEngineUnavailable if it cannot be read:
        that is no reason to build anew.
        """
        try:
            with _reaching():
                return self._stated_pointer()
        except ValueError as error:
            raise IndexCorrupt(POINTER, str(error)) from error

    def _stated_pointer(self) -> Pointer:
        try:
            return msgspec.json.decode((self.home / POINTER).read_bytes(), type=Pointer)
        except FileNotFoundError:
            return Pointer()

    def point(self, pointer: Pointer) -> None:
        """Let another generation serve, in one step that a crash cannot divide."""
        written = {"serving": pointer.serving, "standby": pointer.standby}
        with _reaching():
            _replace(self.home / POINTER, json.dumps(written))

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first, also damaged ones: a rebuild has to clear them away."""
        pointer = self._readable_pointer()
        found = [
            Generation(path.parent.name, _role(path.parent.name, pointer), _created_at(path))
            for path in self.home.glob(f"*/{DESCRIPTION}")
        ]
        return tuple(sorted(found, key=lambda generation: (generation.created_at, generation.name)))

    def serve(self, name: str) -> None:
        """Let a generation serve; the one that served becomes the standby."""
        self.index_path(name)
        pointer = self._readable_pointer()
        if pointer.serving != name:
            self.point(Pointer(serving=name, standby=pointer.serving))

    def _readable_pointer(self) -> Pointer:
        try:
            return self.pointer()
        except IndexCorrupt:
            return Pointer()

    def create(self, *, now: datetime) -> Generation:
        """Create an empty generation. Raises SearchEngineUnavailable."""
        name = f"{PREFIX}{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        path = self.home / name / INDEX
        description = {"version": VERSION, "created_at": now.isoformat()}
        with _reaching():
            self._clear_half_dropped()
            # A folder never has its name without its description, so that half of one can be told.
            hidden = self.home / f".{name}"
            _replace(hidden / DESCRIPTION, json.dumps(description))
            hidden.rename(self.home / name)
            path.mkdir()
            Index(build_schema(), str(path))
        return Generation(name, Role.BUILDING, now)

    def _clear_half_dropped(self) -> None:
        """Delete what a process that was killed while it dropped a generation has left of it."""
        for path in self.home.glob(f"{PREFIX}*"):
            if not (path / DESCRIPTION).exists():
                shutil.rmtree(path, ignore_errors=True)

    def index_path(self, name: str) -> Path:
        """Return where tantivy keeps the generation.

        Raises GenerationNotFound, IndexCorrupt, SearchEngineUnavailable.
        """
        description = self.home / name / DESCRIPTION
        if not description.is_file():
            raise GenerationNotFound(name)
        try:
            with _reaching():
                version = json.loads(description.read_text())["version"]
        except (ValueError, KeyError, TypeError) as error:
            raise IndexCorrupt(name, f"{DESCRIPTION}: {error}") from error
        if version != VERSION:
            raise IndexCorrupt(name, f"it has fields of version {version}, this program writes {VERSION}")
        return description.parent / INDEX

    def drop(self, name: str) -> None:
        """Delete a generation; its description goes first, so that half a folder is none."""
        path = self.home / name
        (path / DESCRIPTION).unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _reaching() -> Iterator[None]:
    """Turn what a full, missing or forbidden disk raises into SearchEngineUnavailable."""
    try:
        yield
    except OSError as error:
        raise SearchEngineUnavailable(NAME, str(error)) from error


def _role(name: str, pointer: Pointer) -> Role:
    if name == pointer.serving:
        return Role.SERVING
    return Role.STANDBY if name == pointer.standby else Role.BUILDING


def _created_at(description: Path) -> datetime:
    try:
        return datetime.fromisoformat(json.loads(description.read_text())["created_at"])
    except (ValueError, KeyError, TypeError):
        return datetime.fromtimestamp(description.stat().st_mtime, tz=UTC)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
