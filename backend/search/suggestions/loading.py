"""This process's copy of the suggestion dictionary."""

import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from backend.search.models import StoredSuggestions
from indexing.suggestions.building import build
from indexing.suggestions.dictionary import SuggestionDictionary

CHECKED_EVERY_SECONDS = 2.0


@dataclass
class LoadedDictionary:
    """The newest dictionary, loaded again soon after another process has stored one.

    One request in two seconds asks the database for the version; the others don't wait for it.
    """

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _dictionary: SuggestionDictionary | None = None
    _version: UUID | None = None
    _checked_at: float = float("-inf")

    def current(self) -> SuggestionDictionary:
        """Return the dictionary; an empty one until the first is built."""
        loaded = self._dictionary
        if time.monotonic() < self._checked_at + CHECKED_EVERY_SECONDS and loaded is not None:
            return loaded
        if not self._lock.acquire(blocking=loaded is None):
            return loaded or build(())
        try:
            self._load()
            self._checked_at = time.monotonic()
            return self._dictionary or build(())
        finally:
            self._lock.release()

    def expire(self) -> None:
        """Look for a newer dictionary with the next request."""
        self._checked_at = float("-inf")

    def _load(self) -> None:
        versions = StoredSuggestions.objects.values_list("version", flat=True)
        version = versions.first()
        if version is None:
            self._dictionary, self._version = build(()), None
        elif version != self._version:
            stored = StoredSuggestions.objects.only("version", "dictionary").first()
            if stored is not None:
                self._dictionary = SuggestionDictionary.decoded(bytes(stored.dictionary)) or build(())
                self._version = stored.version


LOADED = LoadedDictionary()


def current() -> SuggestionDictionary:
    """Return the dictionary that this process has loaded."""
    return LOADED.current()
