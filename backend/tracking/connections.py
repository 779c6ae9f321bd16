"""This process's connections to the stream."""

from functools import cache

from analytics_pipeline.recent import RecentProducts
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Stream

# Every list that is shown waits for the stream; without an exposure it is worth more than late.
_LONGEST_WAIT_SECONDS = 1


@cache
def stream() -> Stream:
    """Return the stream of this installation, for requests."""
    return Stream(PipelineSettings.from_env(), timeout_seconds=_LONGEST_WAIT_SECONDS)


@cache
def recent_products() -> RecentProducts:
    """Return what shoppers met last."""
    return RecentProducts(PipelineSettings.from_env())
