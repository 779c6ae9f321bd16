"""Where this installation's services are, and how to have the embedded ones running."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

_CACHE_DATABASE = 1
_BROKER_DATABASE = 2


@dataclass(frozen=True, slots=True)
class RedisAddresses:
    """Where the cache and the queue of background tasks are."""

    cache: str
    broker: str


def redis_addresses(environ: Mapping[str, str]) -> RedisAddresses:
    """Return the addresses of CACHE_URL and CELERY_BROKER_URL.

    Without them both are where REDIS_URL says, and without that in databases of their own beside the stream
    of this home's embedded Valkey: emptying a cache must not empty a stream.
    """
    settings = PipelineSettings.from_env(environ)
    stream = embedded.redis_url(settings)
    cache, broker = (
        stream if settings.redis_url else _with_database(stream, number=number)
        for number in (_CACHE_DATABASE, _BROKER_DATABASE)
    )
    return RedisAddresses(
        cache=environ.get("CACHE_URL") or cache, broker=environ.get("CELERY_BROKER_URL") or broker
    )


def _with_database(url: str, *, number: int) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


@contextmanager
def running() -> Iterator[None]:
    """Have the embedded services of this home running, except those that are configured or run already.

    Raises:
        ServiceDidNotStart: one of them did not come up; names its log.
    """
    with embedded.ensure(PipelineSettings.from_env(), embedded.VALKEY, embedded.WAREHOUSE):
        yield
