"""Health of the stream: whether it answers, and how far the consumer is behind."""

from collections.abc import Mapping

from django.utils import timezone

from backend.engines.streams import stream


def check() -> Mapping[str, object]:
    """Return the stream's lag; raises StreamUnavailable."""
    lag = stream().lag(now=timezone.now())
    return {"lag_entries": lag.entries, "lag_seconds": round(lag.seconds, 3)}
