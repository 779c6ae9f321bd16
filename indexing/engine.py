"""What a search engine is here: the protocol that both engines keep, what is written to it, its errors.

SearchError
  SearchEngineUnavailable     cannot be asked now; ask again later
  IndexMissing          no generation serves yet
  IndexCorrupt          a generation exists but cannot be read
  GenerationBusy        another process writes this generation
  GenerationNotFound    no such generation
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from indexing.document import ProductDocument
from indexing.page import SearchPage, SearchSuggestion
from indexing.request import SearchRequest


class SearchError(Exception):
    """Anything an engine cannot do; `remedy` says what an operator can."""

    remedy = ""


class SearchEngineUnavailable(SearchError):
    """The engine did not answer, or answered that it cannot now."""

    remedy = "Check that the search engine runs and can be reached."

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(f"{engine} is unavailable: {reason}")
        self.engine = engine
        self.reason = reason


class IndexMissing(SearchError):
    """No generation has been built and swapped in."""

    remedy = "Build one with: python manage.py rebuild_index"

    def __init__(self, engine: str) -> None:
        super().__init__(f"{engine} has no index yet")
        self.engine = engine


class IndexCorrupt(SearchError):
    """A generation is there but damaged, or was written by another version."""

    remedy = "Build a new one with: python manage.py rebuild_index"

    def __init__(self, generation: str, reason: str) -> None:
        super().__init__(f"index {generation} cannot be read: {reason}")
        self.generation = generation
        self.reason = reason


class GenerationBusy(SearchError):
    """Only one process may write a generation at a time, and another one does."""

    remedy = "Wait until the other process has finished, or stop it."

    def __init__(self, generation: str) -> None:
        super().__init__(f"another process is writing index {generation}")
        self.generation = generation


class GenerationNotFound(SearchError):
    """A generation was named that the engine does not have."""

    remedy = "List them with: python manage.py rebuild_index --list"

    def __init__(self, generation: str) -> None:
        super().__init__(f"there is no index {generation}")
        self.generation = generation


@dataclass(frozen=True, slots=True)
class PutDocument:
    """Store this document unless the index holds a newer version of it."""

    document: ProductDocument
    version: int

    @property
    def product_id(self) -> int:
        """The product that is changed."""
        return self.document.id


@dataclass(frozen=True, slots=True)
class DeleteDocument:
    """Forget this product unless the index holds a newer version of it."""

    product_id: int
    version: int


DocumentWrite = PutDocument | DeleteDocument


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of some changes: taken, or older than what the index already knew."""

    applied: int
    stale: int


class Role(StrEnum):
    """What a generation is there for."""

    SERVING = "serving"
    STANDBY = "standby"
    """Served before, follows changes still, can serve again at once."""
    BUILDING = "building"
    """Not complete: followed only by the process that builds it."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One physical index."""

    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What a generation holds of a product."""

    version: int
    document: ProductDocument


class SearchEngine(Protocol):
    """A search engine: reads go to the generation that serves, writes name theirs.

    Every method may raise SearchEngineUnavailable.
    """

    name: str

    def search(self, request: SearchRequest) -> SearchPage:
        """Return one page. Raises IndexMissing, IndexCorrupt."""
        ...

    def suggest(self, prefix: str, *, limit: int = 10) -> tuple[SearchSuggestion, ...]:
        """Return completions of `prefix`, best first. Raises IndexMissing, IndexCorrupt."""
        ...

    def write(self, generation: str, changes: Sequence[DocumentWrite], *, now: datetime) -> WriteResult:
        """Apply changes in any order and however often: the highest version of a product wins.

        Durable on return, searchable within half a second.
        Raises GenerationNotFound, GenerationBusy, IndexCorrupt.
        """
        ...

    def stored(self, generation: str, product_ids: Sequence[int]) -> dict[int, StoredDocument]:
        """Return what the generation holds of these products; unknown and deleted ones are left out."""
        ...

    def count(self, generation: str) -> int:
        """Return how many products the generation holds."""
        ...

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first."""
        ...

    def create(self, *, now: datetime) -> Generation:
        """Create an empty generation that serves nobody yet."""
        ...

    def swap(self, generation: str) -> None:
        """Let this generation serve from the next search on, with all that was written to it before.

        The one that served becomes the standby.
        """
        ...

    def drop(self, generation: str) -> None:
        """Delete a generation that does not serve. Raises ValueError if it does."""
        ...

    def destroy(self) -> None:
        """Delete every generation, the one that serves too."""
        ...

    def release(self, generation: str) -> None:
        """Let another process write this generation."""
        ...

    def ping(self) -> None:
        """Return if the engine can answer searches; raise the SearchError that it would give otherwise."""
        ...

    def close(self) -> None:
        """Give up connections, files and locks."""
        ...
