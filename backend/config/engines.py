"""Locates this installation's services, and runs the embedded ones."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

_CACHE_DATABASE = 1
_BROKER_DATABASE = 2


def cache_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the URL of the cache: CACHE_URL, by default a database on the stream's server."""
    return environ.get("CACHE_URL") or _on_stream_server(environ, number=_CACHE_DATABASE)


def broker_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the URL of the task queue: CELERY_BROKER_URL, by default a database on the stream's server."""
    return environ.get("CELERY_BROKER_URL") or _on_stream_server(environ, number=_BROKER_DATABASE)


def _on_stream_server(environ: Mapping[str, str], *, number: int) -> str:
    """Return REDIS_URL, or by default the given database of the embedded Valkey.

    The database differs from the stream's, because clearing the cache must not clear the stream.
    """
    settings = PipelineSettings.from_env(environ)
    stream = embedded.redis_url(settings)
    return stream if settings.redis_url else urlunsplit(urlsplit(stream)._replace(path=f"/{number}"))


@contextmanager
def running() -> Iterator[None]:
    """Run the embedded services that are neither replaced by configured ones nor running already.

    Raises:
        ServiceDidNotStart: a service did not start; names its log.
    """
    with embedded.ensure(PipelineSettings.from_env(), embedded.VALKEY, embedded.WAREHOUSE):
        yield
