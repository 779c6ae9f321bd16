"""Whether searches are answered, and how far the index is behind."""

from collections.abc import Mapping

from django.utils import timezone

from backend.engines.index import engine
from backend.outbox.selectors import lag
from backend.search.subscribers import GenerationSubscriber
from indexing.engine import IndexMissing, Role


def check() -> Mapping[str, object]:
    """Return the engine, the generation that serves and its lag; raises the SearchError of a search."""
    search_engine = engine()
    search_engine.ping()
    serving = next((each for each in search_engine.generations() if each.role is Role.SERVING), None)
    if serving is None:
        raise IndexMissing(search_engine.name)
    subscriber = GenerationSubscriber(search_engine, serving.name)
    behind = lag(subscriber, now=timezone.now())
    return {
        "engine": search_engine.name,
        "generation": serving.name,
        "products": search_engine.count(serving.name),
        "lag_messages": behind.messages,
        "lag_seconds": round(behind.seconds, 3),
    }
