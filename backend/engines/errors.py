"""Errors for engines that are unavailable."""

from typing import ClassVar

from backend.api.errors import EngineUnavailable


class StreamNotAvailable(EngineUnavailable):
    """The stream can't be reached, or has no memory left."""

    code: ClassVar[str] = "stream_unavailable"
    message = "Events can't be accepted right now; send the same batch again shortly."


class WarehouseNotAvailable(EngineUnavailable):
    """The warehouse can't be reached, doesn't respond in time, or can't run the query."""

    code: ClassVar[str] = "warehouse_unavailable"
    message = "Reports are not available right now; try again shortly."


class WarehouseNotMigrated(EngineUnavailable):
    """Tables or views of the warehouse are missing, for example during an upgrade or after a restore."""

    code: ClassVar[str] = "warehouse_not_migrated"
    message = "Reports are not available until the warehouse's schema is up to date."
    hint = "Repeat the request later; an operator has to run `python manage.py migrate_warehouse`."
    remedy: ClassVar[str] = "Run: python manage.py migrate_warehouse"


class QueryTooSlow(EngineUnavailable):
    """The warehouse works, but could not finish the query within a request's deadline."""

    code: ClassVar[str] = "query_too_slow"
    message = "The query takes too long; request fewer days, or try again later."


class SearchNotAvailable(EngineUnavailable):
    """The search engine can't be reached, or has no index that can be read."""

    code: ClassVar[str] = "search_unavailable"
    message = "Search is not available right now; try again shortly."


class EngineBusy(EngineUnavailable):
    """The maximum number of threads is already waiting for the engine."""

    code: ClassVar[str] = "engine_busy"
    message = "Too many requests of this kind are in progress right now; try again shortly."


class EngineSuspended(EngineUnavailable):
    """The engine did not respond in time a moment ago, so it is not called for some seconds."""

    code: ClassVar[str] = "engine_suspended"
    message = "A part of the shop is not responding right now; try again shortly."
