"""The search engine's health check: whether it works, and how far the index lags."""

from collections.abc import Mapping

from django.utils import timezone

from backend.engines.index import engine
from backend.outbox.selectors import lag
from backend.search.subscribers import GenerationSubscriber
from indexing.engine import Generation
from indexing.schema import VERSION


def check() -> Mapping[str, object]:
    """Return the engine, the generation that serves, its schema version and its lag.

    Raises:
        SearchError: a search would fail with the same error.
    """
    search_engine = engine()
    search_engine.ping()
    serving = search_engine.serving()
    current_lag = lag(GenerationSubscriber(search_engine, serving.name), now=timezone.now())
    return {
        "engine": search_engine.name,
        "generation": serving.name,
        "products": search_engine.count(serving.name),
        "lag_messages": current_lag.messages,
        "lag_seconds": round(current_lag.seconds, 3),
        **_schema(serving),
    }


def _schema(serving: Generation) -> Mapping[str, object]:
    if serving.schema_version == VERSION:
        return {"schema_version": VERSION}
    return {
        "schema_version": serving.schema_version,
        "notice": f"serving an earlier schema version; the current one is {VERSION}",
        "remedy": "python manage.py rebuild_index",
    }
