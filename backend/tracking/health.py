"""The stream's health check: whether it is available, and how far the consumer lags."""

from collections.abc import Mapping

from django.utils import timezone

from backend.engines.streams import previous_stream, stream


def check() -> Mapping[str, object]:
    """Return how far the consumer lags.

    Raises:
        StreamUnavailable: the stream's server is not available.
    """
    now = timezone.now()
    lags = [stream().lag(now=now), previous_stream().lag(now=now)]
    return {
        "lag_entries": sum(lag.entries for lag in lags),
        "lag_seconds": round(max(lag.seconds for lag in lags), 3),
    }
