"""This process's connections to the warehouse: one for background work, one with a deadline for requests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from analytics_pipeline import migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Deadline, QueryTimedOut, Warehouse, WarehouseUnavailable
from backend.engines.errors import WarehouseNotMigrated
from backend.engines.limits import Share

SHARE = Share(
    "warehouse",
    slots=3,
    failures=(WarehouseUnavailable,),
    # The server is working; a heavy report must not suspend the others.
    tolerated=(QueryTimedOut,),
)


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
    """Return this installation's warehouse for background work, not connected yet."""
    return Migrated(Warehouse(PipelineSettings.from_env()))


def warehouse() -> Warehouse:
    """Return this installation's warehouse for background work, with its schema in place.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the schema could not be brought up to date.
    """
    return migrated().warehouse()


@contextmanager
def warehouse_for_background() -> Iterator[Warehouse]:
    """Yield the warehouse for background work; a query may take longer than in `warehouse_for_request`.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the schema could not be brought up to date.
    """
    yield warehouse()


@dataclass(frozen=True, slots=True)
class Checked:
    """A warehouse whose schema is checked before its first use, and never changed."""

    bare: Warehouse
    _ready: threading.Event = field(default_factory=threading.Event)

    def warehouse(self) -> Warehouse:
        """Return the warehouse.

        Raises:
            WarehouseNotMigrated: a part of the schema is missing.
            WarehouseUnavailable, WarehouseRefused: the schema could not be read.
        """
        if not self._ready.is_set():
            if migrate.pending(self.bare, migrations=migrate.load()):
                raise WarehouseNotMigrated(engine="warehouse", remedy=WarehouseNotMigrated.remedy)
            self._ready.set()
        return self.bare


@cache
def checked_for_requests() -> Checked:
    """Return this installation's warehouse for HTTP requests, not connected yet.

    Each call ends within the deadline that the settings name.
    """
    settings = PipelineSettings.from_env()
    deadline = Deadline(connect_seconds=1, response_seconds=settings.request_seconds)
    return Checked(Warehouse(settings, deadline=deadline))


def longest_request_seconds() -> float:
    """Return how long a request waits for a slot and for one call."""
    deadline = checked_for_requests().bare.deadline
    return SHARE.patience_seconds + deadline.connect_seconds + deadline.response_seconds


@contextmanager
def warehouse_for_request() -> Iterator[Warehouse]:
    """Occupy one of the warehouse's slots and yield the warehouse, whose schema is up to date.

    Raises:
        EngineBusy: the maximum number of threads is already waiting for the warehouse.
        WarehouseNotMigrated: a part of the schema is missing.
        WarehouseUnavailable, WarehouseRefused: the schema could not be read.
    """
    with SHARE.slot():
        yield checked_for_requests().warehouse()
