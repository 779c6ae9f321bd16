"""What processes open of the version that serves, beside its lists."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

from ml.registry import Registry, Version, VersionDamaged, VersionNotFound
from ml.settings import TrainingSettings

logger = structlog.get_logger(__name__)

T = TypeVar("T")


class Artefact(Generic[T]):
    """An artefact of a version, opened once in a process; None if the version has none that can be used.

    Safe to share between threads.
    """

    def __init__(self, name: str, opened: Callable[[Version], T]) -> None:
        """Open nothing yet; `opened` is called with versions that have arrays of this name."""
        self._name = name
        self._opened = opened
        self._lock = threading.Lock()
        self._copy: tuple[str, T | None] = ("", None)

    def of(self, version: str) -> T | None:
        """Return the artefact of the version; of another one than before, it is opened.

        One that can't be opened is logged and left out until another version serves, or until `forget`.
        """
        found, artefact = self._copy
        if found == version:
            return artefact
        with self._lock:
            if self._copy[0] != version:
                try:
                    self._copy = version, self._open(version)
                except (VersionDamaged, VersionNotFound) as error:
                    logger.warning(
                        "artefact_not_opened", version=version, artefact=self._name, reason=str(error)
                    )
                    self._copy = version, None
            return self._copy[1]

    def required(self, version: str) -> T | None:
        """Return the same; None only if the version was made without it.

        Raises:
            VersionNotFound: this host has no folder of the version.
            VersionDamaged: the file is missing or differs from what was written.
        """
        with self._lock:
            if self._copy[0] != version:
                self._copy = version, self._open(version)
            return self._copy[1]

    def forget(self) -> None:
        """Open the artefact again when it is next used."""
        with self._lock:
            self._copy = "", None

    def _open(self, version: str) -> T | None:
        registry = Registry(TrainingSettings.from_env().registry)
        return registry.read(version, lambda found: self._opened(found) if found.has(self._name) else None)
