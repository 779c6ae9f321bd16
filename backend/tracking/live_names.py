"""The active names of the shop's own events, as this process applies them."""

from dataclasses import dataclass, replace

import structlog
from django.db import DatabaseError, connection

from analytics_pipeline.custom_names import Names, NamesUnavailable, PropertyKind
from backend.engines.shared_copy import NotReadYet, SharedCopy
from backend.tracking.models import EventName

logger = structlog.get_logger(__name__)

CHECKED_SECONDS = 2.0
"""How long a process uses the names before it reads them again."""
WAIT_SECONDS = 1.0
"""How long a thread waits for another that reads the names for the first time."""


@dataclass(frozen=True, slots=True)
class _Read:
    names: Names | None
    checked_at: float


class NamesCache(SharedCopy[_Read]):
    """The names of this process. They are read only if there are events that need them."""

    check_seconds = CHECKED_SECONDS
    wait_seconds = WAIT_SECONDS

    def current(self) -> Names:
        """Return the active names as of two seconds ago or later; if the database fails, those of before.

        Raises:
            NamesUnavailable: they were never read, and the database fails or hangs.
        """
        try:
            names = self._newest().names
        except NotReadYet as error:
            raise NamesUnavailable from error
        if names is None:
            raise NamesUnavailable
        return names

    def _checked(self, found: _Read | None, *, now: float) -> _Read:
        try:
            return _Read(active_names(), checked_at=now)
        except DatabaseError as error:
            logger.warning("event_names_not_read", reason=str(error))
            connection.close_if_unusable_or_obsolete()
            return _Read(None, checked_at=now) if found is None else replace(found, checked_at=now)


def active_names() -> Names:
    """Return the active names with the types of their properties."""
    rows = EventName.objects.filter(is_active=True).values_list("name", "properties")
    return {
        name: {each: PropertyKind(kind) for each, kind in properties.items()} for name, properties in rows
    }


CACHE = NamesCache()
