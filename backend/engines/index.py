"""This process's search engine."""

from functools import cache

from backend.engines.limits import Share
from indexing.engine import SearchEngine
from indexing.errors import SearchEngineUnavailable
from indexing.settings import SearchSettings, open_engine

SHARE = Share("search", slots=8, failures=(SearchEngineUnavailable,))


@cache
def engine() -> SearchEngine:
    """Return the search engine that the environment names, opened once a process."""
    return open_engine(SearchSettings.from_env())
