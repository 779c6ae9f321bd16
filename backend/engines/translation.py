"""Translates the engines' exceptions to API errors."""

from analytics_pipeline.migrate import MigrationChanged
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.warehouse import QueryTimedOut, WarehouseRefused, WarehouseUnavailable
from backend.api.errors import DomainError, register_translation
from backend.engines.errors import QueryTooSlow, SearchNotAvailable, StreamNotAvailable, WarehouseNotAvailable
from indexing.errors import SearchError


def register() -> None:
    """Register translations to 503 errors that don't reveal internal hosts."""
    register_translation(StreamUnavailable, _stream)
    register_translation(QueryTimedOut, _slow_query)
    register_translation(WarehouseUnavailable, _warehouse)
    register_translation(WarehouseRefused, _warehouse)
    register_translation(MigrationChanged, _warehouse)
    register_translation(SearchError, _search)


def _stream(error: Exception) -> DomainError:
    return StreamNotAvailable()


def _warehouse(error: Exception) -> DomainError:
    return WarehouseNotAvailable()


def _slow_query(error: Exception) -> DomainError:
    return QueryTooSlow()


def _search(error: Exception) -> DomainError:
    # The remedy is a fixed text. The reason may contain host names, so it is only logged.
    remedy = error.remedy if isinstance(error, SearchError) else ""
    return SearchNotAvailable(remedy=remedy) if remedy else SearchNotAvailable()
