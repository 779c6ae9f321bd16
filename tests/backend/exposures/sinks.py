"""Sinks of exposures for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from backend.exposures import services
from backend.exposures.errors import ExposureNotStored
from backend.exposures.services import ShownList, register_sink


@contextmanager
def kept() -> Iterator[list[ShownList]]:
    """Store every exposure in the yielded list."""
    exposures: list[ShownList] = []
    with _registered(exposures.append):
        yield exposures


@contextmanager
def lost() -> Iterator[None]:
    """Fail to store any exposure."""

    def refuse(exposure: ShownList) -> None:
        raise ExposureNotStored("the stream is full")

    with _registered(refuse):
        yield


@contextmanager
def _registered(sink: services.Sink) -> Iterator[None]:
    before = services._sink[0]
    register_sink(sink)
    try:
        yield
    finally:
        register_sink(before)
