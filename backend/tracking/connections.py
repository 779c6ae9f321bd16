"""This process's connections to the stream."""

from functools import cache

from analytics_pipeline.recent import RecentProducts
from analytics_pipeline.settings import Settings
from analytics_pipeline.stream import Stream


@cache
def stream() -> Stream:
    """Return the stream of this installation."""
    return Stream(Settings.from_env())


@cache
def recent_products() -> RecentProducts:
    """Return what shoppers met last."""
    return RecentProducts(Settings.from_env())
