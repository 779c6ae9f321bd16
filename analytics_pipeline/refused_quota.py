"""Limit the refused events that are kept as dead letters: bytes per hour by address and in total."""

from datetime import datetime, timedelta
from typing import Any

from analytics_pipeline.redis_client import Connection
from analytics_pipeline.settings import PipelineSettings

WINDOW = timedelta(hours=1)
ADDRESS_BYTES = 200_000
TOTAL_BYTES = 2_000_000
_PREFIX = "vitrine:refused:"


class RefusedQuota:
    """Counters in Redis, two for each window, shared by all web processes."""

    def __init__(self, settings: PipelineSettings, *, timeout_seconds: float) -> None:
        self._connection = Connection(settings, timeout_seconds=timeout_seconds)

    def admits(self, address: str, *, size: int, now: datetime) -> bool:
        """Count `size` bytes and return whether they are within both quotas.

        Raises:
            StreamUnavailable: Redis doesn't respond.
        """
        window = int(now.timestamp() // WINDOW.total_seconds())

        def count(client: Any) -> tuple[int, int]:
            own = _added(client, f"{_PREFIX}{window}:{address}", size=size)
            # Bytes beyond an address's own quota don't count towards the total.
            return own, _added(client, f"{_PREFIX}{window}", size=size) if own <= ADDRESS_BYTES else 0

        own, total = self._connection.call(count)
        return own <= ADDRESS_BYTES and total <= TOTAL_BYTES

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


def _added(client: Any, key: str, *, size: int) -> int:
    with client.pipeline(transaction=False) as pipe:
        pipe.incrby(key, size)
        pipe.expire(key, 2 * WINDOW)
        return int(pipe.execute()[0])
