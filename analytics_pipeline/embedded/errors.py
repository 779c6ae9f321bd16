"""Exceptions of the embedded services."""

from pathlib import Path


class ServiceDidNotStart(Exception):
    """An embedded service didn't respond in time; its log says why."""

    def __init__(self, service: str, *, log: Path) -> None:
        super().__init__(f"The embedded {service} did not start; see {log}")
        self.log = log


class AlreadyOwned(Exception):
    """Another process owns the service of this home."""

    def __init__(self, service: str, *, home: Path, pid: int | None) -> None:
        super().__init__(f"The embedded {service} of {home} is already served by process {pid}")
        self.pid = pid
