"""What upper rooms offer to lower ones, connected once at start-up."""

from backend.operations import health


def connect() -> None:
    """Register sinks and health checks."""
    health.register("database", health.database, required=True)
