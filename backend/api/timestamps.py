"""Formats times for the API."""

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """Return `moment` in UTC to the second, as `2024-01-01T12:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
