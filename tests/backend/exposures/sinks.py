"""A sink that keeps exposures in memory, for as long as a test wants it."""

from collections.abc import Iterator
from contextlib import contextmanager

from backend.exposures import services
from backend.exposures.errors import ExposureNotStored
from backend.exposures.services import ShownList, register_sink


@contextmanager
def kept() -> Iterator[list[ShownList]]:
    """Keep every exposure in the list that is yielded."""
    exposures: list[ShownList] = []
    with _registered(exposures.append):
        yield exposures


@contextmanager
def lost() -> Iterator[None]:
    """Be unable to keep any."""

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
