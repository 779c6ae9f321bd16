"""The stream's health check: whether it is available, and how far the consumer lags."""

from collections.abc import Mapping

from django.utils import timezone

from backend.engines.streams import previous_stream, stream


def check() -> Mapping[str, object]:
    """Return the stream's lag; raises StreamUnavailable."""
    now = timezone.now()
    lags = [stream().lag(now=now), previous_stream().lag(now=now)]
    return {
        "lag_entries": sum(lag.entries for lag in lags),
        "lag_seconds": round(max(lag.seconds for lag in lags), 3),
    }
