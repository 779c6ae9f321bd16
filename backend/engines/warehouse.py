"""This process's connection to the warehouse."""

import threading
from dataclasses import dataclass, field
from functools import cache

from analytics_pipeline import migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from backend.engines.limits import Share

SHARE = Share("warehouse", slots=3)


@dataclass(frozen=True, slots=True)
class Migrated:
    """A warehouse whose schema is brought up to date before its first use."""

    bare: Warehouse
    _ready: threading.Event = field(default_factory=threading.Event)

    def warehouse(self) -> Warehouse:
        """Return the warehouse with its schema in place.

        Raises:
            WarehouseUnavailable, WarehouseRefused: the schema could not be brought up to date.
        """
        if not self._ready.is_set():
            migrate.migrate(self.bare)
            self._ready.set()
        return self.bare


@cache
def migrated() -> Migrated:
    """Return this installation's warehouse, not connected yet."""
    return Migrated(Warehouse(PipelineSettings.from_env()))


def warehouse() -> Warehouse:
    """Return this installation's warehouse with its schema in place.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the schema could not be brought up to date.
    """
    return migrated().warehouse()
