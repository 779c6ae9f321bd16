"""This process's copy of the suggestion dictionary, which is loaded again when another was stored."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from django.db import DatabaseError, connection

from backend.search.models import StoredSuggestions
from indexing.suggestions.building import build
from indexing.suggestions.dictionary import SuggestionDictionary

CHECKED_SECONDS = 2.0
"""How long a process goes on without asking the database for a newer dictionary."""

logger = structlog.get_logger(__name__)

_EMPTY = build(())


@dataclass(frozen=True, slots=True)
class _Loaded:
    dictionary: SuggestionDictionary
    version: UUID | None
    checked_at: float


class DictionaryCache:
    """The newest dictionary. Threads share it; one of them loads while the others use what is there."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is loaded yet."""
        self._clock = clock
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def current(self) -> SuggestionDictionary:
        """Return the dictionary; an empty one if none was built yet or the database fails."""
        found = self._loaded
        if found is not None and self._clock() - found.checked_at < CHECKED_SECONDS:
            return found.dictionary
        if not self._lock.acquire(blocking=found is None):
            return found.dictionary if found is not None else _EMPTY
        try:
            self._loaded = self._checked(self._loaded or _Loaded(_EMPTY, None, float("-inf")))
            return self._loaded.dictionary
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Load the dictionary at the next request."""
        self._loaded = None

    def _checked(self, found: _Loaded) -> _Loaded:
        now = self._clock()
        if now - found.checked_at < CHECKED_SECONDS:
            return found
        try:
            version = StoredSuggestions.objects.values_list("version", flat=True).first()
            if version is None or version == found.version:
                return replace(found, checked_at=now)
            stored = StoredSuggestions.objects.only("dictionary").get(version=version)
        except (DatabaseError, StoredSuggestions.DoesNotExist) as error:
            # Another dictionary may have replaced this one meanwhile.
            logger.warning("suggestions_not_loaded", reason=str(error))
            connection.close_if_unusable_or_obsolete()
            # The time after the failure: a database that hangs must not occupy a thread all the time.
            return replace(found, checked_at=self._clock())
        decoded = SuggestionDictionary.decoded(bytes(stored.dictionary))
        return _Loaded(_EMPTY if decoded is None else decoded, version, now)


CACHE = DictionaryCache()


def current() -> SuggestionDictionary:
    """Return the dictionary that this process has loaded."""
    return CACHE.current()
