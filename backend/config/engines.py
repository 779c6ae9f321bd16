"""Where this installation's services are, and how to run the embedded ones."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

_CACHE_DATABASE = 1
_BROKER_DATABASE = 2


def cache_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the cache: CACHE_URL, else a database beside the stream."""
    return environ.get("CACHE_URL") or _beside_stream(environ, number=_CACHE_DATABASE)


def broker_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the queue of tasks: CELERY_BROKER_URL, else a database beside the stream."""
    return environ.get("CELERY_BROKER_URL") or _beside_stream(environ, number=_BROKER_DATABASE)


def _beside_stream(environ: Mapping[str, str], *, number: int) -> str:
    """Return REDIS_URL; without it a database of the home's embedded Valkey, apart from the stream's.

    Emptying a cache must not empty a stream.
    """
    settings = PipelineSettings.from_env(environ)
    stream = embedded.redis_url(settings)
    return stream if settings.redis_url else urlunsplit(urlsplit(stream)._replace(path=f"/{number}"))


@contextmanager
def running() -> Iterator[None]:
    """Run the embedded services of this home, except those that are configured or run already.

    Raises:
        ServiceDidNotStart: one of them did not start; names its log.
    """
    with embedded.ensure(PipelineSettings.from_env(), embedded.VALKEY, embedded.WAREHOUSE):
        yield
