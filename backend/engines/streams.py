"""This process's connections to the stream's server."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from analytics_pipeline.recent import RecentProducts
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Stream, StreamUnavailable
from backend.engines.errors import EngineBusy, EngineSuspended
from backend.engines.limits import Share

SHARE = Share("stream", slots=8, failures=(StreamUnavailable,), slow_seconds=0.3)
# Every list of products waits for its exposure to be stored; a late list is worse than one without.
_TIMEOUT_SECONDS = 1


@cache
def stream() -> Stream:
    """Return this installation's stream of events, with a deadline fit for requests."""
    return Stream(PipelineSettings.from_env(), timeout_seconds=_TIMEOUT_SECONDS)


@cache
def recent_products() -> RecentProducts:
    """Return the products that shoppers interacted with last."""
    return RecentProducts(PipelineSettings.from_env())


@contextmanager
def stream_slot() -> Iterator[None]:
    """Occupy one of the slots of the stream's server, which several requests of one moment share.

    Raises:
        StreamUnavailable: the server hangs, or did not answer a moment ago.
    """
    try:
        with SHARE.slot():
            yield
    except (EngineBusy, EngineSuspended) as error:
        raise StreamUnavailable(error.message) from error
