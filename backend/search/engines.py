"""The search engine of this process, and what its failures are to a client."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from backend.api.errors import EngineUnavailable
from indexing.engine import SearchEngine, SearchError
from indexing.settings import SearchSettings, open_engine


@cache
def engine() -> SearchEngine:
    """Return the engine that the environment names, opened once a process."""
    return open_engine(SearchSettings.from_env())


@contextmanager
def answering() -> Iterator[SearchEngine]:
    """Give the engine; what it cannot answer becomes a 503 that says what an operator can do.

    Raises:
        backend.api.errors.EngineUnavailable: the engine is down, has no index yet, or a damaged one.
    """
    try:
        yield engine()
    except SearchError as error:
        raise EngineUnavailable(
            "Search is not available right now.", reason=str(error), remedy=error.remedy
        ) from error
