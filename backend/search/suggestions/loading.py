"""This process's copy of the suggestion dictionary, which is loaded again when another was stored."""

from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from django.db import DatabaseError, connection

from backend.search.models import StoredSuggestions
from backend.search.shared_copy import SharedCopy
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


class DictionaryCache(SharedCopy[_Loaded]):
    """The newest dictionary."""

    check_seconds = CHECKED_SECONDS

    def current(self) -> SuggestionDictionary:
        """Return the dictionary; an empty one if none was built yet or the database fails."""
        return self._newest().dictionary

    def _checked(self, found: _Loaded | None, *, now: float) -> _Loaded:
        found = found or _Loaded(_EMPTY, None, now)
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
