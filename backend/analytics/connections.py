"""This process's connection to the warehouse."""

import threading
from dataclasses import dataclass, field
from functools import cache

from analytics_pipeline import migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Migrated:
    """A warehouse that gets its schema from whoever needs it first."""

    bare: Warehouse
    _ready: threading.Event = field(default_factory=threading.Event)

    def warehouse(self) -> Warehouse:
        """Return the warehouse with its schema in place; raises what it raises."""
        if not self._ready.is_set():
            migrate.migrate(self.bare)
            self._ready.set()
        return self.bare


@cache
def migrated() -> Migrated:
    """Return the warehouse of this installation, not connected yet."""
    return Migrated(Warehouse(PipelineSettings.from_env()))


def warehouse() -> Warehouse:
    """Return the warehouse of this installation with its schema; raises what it raises."""
    return migrated().warehouse()
