"""Whether events can be taken, and how far the warehouse is behind them."""

from collections.abc import Mapping

from django.utils import timezone

from backend.engines.streams import stream


def check() -> Mapping[str, object]:
    """Return the stream's lag; raises StreamUnavailable."""
    lag = stream().lag(now=timezone.now())
    return {"lag_entries": lag.entries, "lag_seconds": round(lag.seconds, 3)}
