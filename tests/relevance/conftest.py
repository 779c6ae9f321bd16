"""Fixtures that run the scenarios on both engines."""

from tests.indexing.conftest import engine, engine_name, open_engine

__all__ = ["engine", "engine_name", "open_engine"]
