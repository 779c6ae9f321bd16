"""This process's connections to the stream's server.

Their client refuses calls at once while the server hangs, so they need no `Share` of the threads.
"""

from functools import cache

from analytics_pipeline.erasure import Tombstones
from analytics_pipeline.recent import RecentProducts, RecentSearches, SessionViews
from analytics_pipeline.refused_quota import RefusedQuota
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.sources import SourceKeys
from analytics_pipeline.stream import PREVIOUS_KEY, Stream

# Every response with a list of products waits until its exposure is stored; after this time it is sent
# without an exposure id.
_TIMEOUT_SECONDS = 1


@cache
def stream() -> Stream:
    """Return this installation's stream of events, with the deadline for requests."""
    return Stream(PipelineSettings.from_env(), timeout_seconds=_TIMEOUT_SECONDS)


@cache
def previous_stream() -> Stream:
    """Return the stream to which web processes of the previous release append."""
    return Stream(PipelineSettings.from_env(), key=PREVIOUS_KEY, timeout_seconds=_TIMEOUT_SECONDS)


@cache
def recent_products() -> RecentProducts:
    """Return the products that shoppers interacted with last."""
    return RecentProducts(PipelineSettings.from_env())


@cache
def session_views() -> SessionViews:
    """Return the views of shoppers' current sessions."""
    return SessionViews(PipelineSettings.from_env())


@cache
def recent_searches() -> RecentSearches:
    """Return the last searches of shoppers."""
    return RecentSearches(PipelineSettings.from_env())


@cache
def tombstones() -> Tombstones:
    """Return the tombstones of erased shoppers."""
    return Tombstones(PipelineSettings.from_env())


@cache
def refused_quota() -> RefusedQuota:
    """Return the quotas of refused events that are kept."""
    return RefusedQuota(PipelineSettings.from_env(), timeout_seconds=_TIMEOUT_SECONDS)


@cache
def source_keys() -> SourceKeys:
    """Return the keys of networks that events are stored with."""
    return SourceKeys(PipelineSettings.from_env(), timeout_seconds=_TIMEOUT_SECONDS)
