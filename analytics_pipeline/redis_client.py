"""The connection to Redis that the stream and the recent products share, with one deadline for a call."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from analytics_pipeline import embedded
from analytics_pipeline.breaker import Breaker
from analytics_pipeline.settings import PipelineSettings

# Connecting takes milliseconds or fails; the rest of the deadline is for the response.
_CONNECT_SHARE = 0.3

T = TypeVar("T")


class StreamUnavailable(Exception):
    """Redis can't be reached or doesn't respond in time; a write may or may not have been accepted."""


class StreamFull(StreamUnavailable):
    """Redis has no memory left; nothing was accepted."""


def load_client() -> None:
    """Import redis-py, so that the first connection of a process that serves requests needn't do it."""
    import redis  # noqa: F401, PLC0415 - as in `Connection`


class Script:
    """A Lua script that Redis caches; it is sent again if Redis doesn't have it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, client: Any, *, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Return what the script returns; `client` is a client of redis-py."""
        import redis  # noqa: PLC0415 - as in `Connection`

        try:
            return client.evalsha(self._digest, len(keys), *keys, *args)
        except redis.exceptions.NoScriptError:
            return client.eval(self._text, len(keys), *keys, *args)


class Connection:
    """A client of Redis, created on first use; safe to share between threads."""

    def __init__(self, settings: PipelineSettings, *, timeout_seconds: float) -> None:
        self._settings = settings
        self._timeout_seconds = timeout_seconds
        self._client: Any | None = None
        self._breaker = Breaker(pause_seconds=timeout_seconds)

    def call(self, use: Callable[[Any], T]) -> T:
        """Return what `use` returns for the client.

        Raises:
            StreamFull: Redis has no memory left.
            StreamUnavailable: it can't be reached, or doesn't respond within `timeout_seconds`.
        """
        # Every process imports this module, and few connect. The import takes 0.1 s.
        import redis  # noqa: PLC0415

        if not self._breaker.allows():
            raise StreamUnavailable("Redis timed out a moment ago; calls are tried again shortly")
        client = self._connected()
        try:
            result = use(client)
        except redis.OutOfMemoryError as error:
            raise StreamFull(str(error)) from error
        except redis.TimeoutError as error:
            self._breaker.timed_out()
            raise StreamUnavailable(str(error)) from error
        except redis.ConnectionError as error:
            self._forget(client)
            raise StreamUnavailable(str(error)) from error
        except redis.RedisError as error:
            raise StreamUnavailable(str(error)) from error
        self._breaker.succeeded()
        return result

    def close(self) -> None:
        """Close the connections. Other threads may not use this object any more."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _forget(self, client: Any) -> None:
        """Discard the client, because the embedded server may have moved to another port.

        It isn't closed here, because other threads may be reading from it. It closes its connections when the
        last of them is done.
        """
        if self._client is client:
            self._client = None

    def _connected(self) -> Any:
        client = self._client
        if client is None:
            client = self._client = self._opened()
        return client

    def _opened(self) -> Any:
        import redis  # noqa: PLC0415 - as in `call`
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        return redis.Redis.from_url(
            embedded.redis_url(self._settings),
            socket_timeout=self._timeout_seconds * (1 - _CONNECT_SHARE),
            socket_connect_timeout=self._timeout_seconds * _CONNECT_SHARE,
            # A retried XADD may be accepted twice; clients decide whether they send events again.
            retry=Retry(NoBackoff(), retries=0),
        )
