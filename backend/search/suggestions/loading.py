"""This process's copy of the suggestion dictionary, which is loaded again when another was stored."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Self
from uuid import UUID

import structlog
from django.db import DatabaseError, connection

from backend.engines.shared_copy import SharedCopy
from backend.search.models import StoredSuggestions
from indexing.page import SearchSuggestion
from indexing.suggestions.building import build
from indexing.suggestions.completing import completions
from indexing.suggestions.dictionary import SuggestionDictionary
from indexing.suggestions.typed import Typed

CHECKED_SECONDS = 2.0
"""How long a process goes on without asking the database for a newer dictionary."""
KEPT = 2_000
"""Texts whose completions a process keeps until it loads another dictionary; many shoppers type the same."""

Completions = tuple[Typed, tuple[SearchSuggestion, ...]]

logger = structlog.get_logger(__name__)

_EMPTY = build(())


@dataclass(frozen=True, slots=True)
class _Loaded:
    dictionary: SuggestionDictionary
    version: UUID | None
    checked_at: float
    completions: Callable[..., Completions]

    @classmethod
    def of(cls, dictionary: SuggestionDictionary, *, version: UUID | None, now: float) -> Self:
        kept = lru_cache(maxsize=KEPT)(partial(completions, dictionary))
        return cls(dictionary, version, now, kept)


class DictionaryCache(SharedCopy[_Loaded]):
    """The newest dictionary."""

    check_seconds = CHECKED_SECONDS

    def current(self) -> SuggestionDictionary:
        """Return the dictionary; an empty one if none was built yet or the database fails."""
        return self._newest().dictionary

    def completions(self, text: str, *, limit: int) -> Completions:
        """Return what was understood as typed, and its completions from the dictionary."""
        return self._newest().completions(text, limit=limit)

    def _checked(self, found: _Loaded | None, *, now: float) -> _Loaded:
        found = found or _Loaded.of(_EMPTY, version=None, now=now)
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
        return _Loaded.of(_EMPTY if decoded is None else decoded, version=version, now=now)


CACHE = DictionaryCache()


def current() -> SuggestionDictionary:
    """Return the dictionary that this process has loaded."""
    return CACHE.current()
