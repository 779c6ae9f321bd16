"""Generations as folders, and the file that says which one serves.

HOME/serving.json            {"serving": NAME, "standby": NAME or null}
HOME/NAME/generation.json    {"version": of the fields, "created_at": …}
HOME/NAME/index/             tantivy's own files
"""

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tantivy import Index

from indexing.engine import Generation, GenerationNotFound, IndexCorrupt, Role
from indexing.tantivy.schema import VERSION, build_schema

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
        """Return which generation serves. Raises IndexCorrupt if the file that says so is damaged."""
        try:
            stated = json.loads((self.home / POINTER).read_text())
            return Pointer(serving=stated["serving"], standby=stated["standby"])
        except FileNotFoundError:
            return Pointer()
        except (ValueError, KeyError, TypeError) as error:
            raise IndexCorrupt(POINTER, str(error)) from error

    def point(self, pointer: Pointer) -> None:
        """Let another generation serve, in one step that a crash cannot divide."""
        written = {"serving": pointer.serving, "standby": pointer.standby}
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
        """Create an empty generation."""
        name = f"products-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        path = self.home / name / INDEX
        path.mkdir(parents=True)
        Index(build_schema(), str(path))
        description = {"version": VERSION, "created_at": now.isoformat()}
        _replace(self.home / name / DESCRIPTION, json.dumps(description))
        return Generation(name, Role.BUILDING, now)

    def index_path(self, name: str) -> Path:
        """Return where tantivy keeps the generation. Raises GenerationNotFound, IndexCorrupt."""
        description = self.home / name / DESCRIPTION
        if not description.is_file():
            raise GenerationNotFound(name)
        try:
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
