"""Load the lexicons of generations in the background, so that no search waits for one or fails."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from indexing.errors import SearchError
from indexing.lexicon.errors import LexiconDamaged
from indexing.lexicon.lexicon import EMPTY, Lexicon

CHECK_SECONDS = 10.0
"""How often a process looks for a newer lexicon."""

logger = logging.getLogger(__name__)

Revision = object
"""What differs between two lexicons that were stored for one generation."""


class LexiconStore(Protocol):
    """Where lexicons are stored."""

    def revision(self, generation: str) -> Revision | None:
        """Return the revision of the stored lexicon; None if there is none."""
        ...

    def load(self, generation: str) -> Lexicon:
        """Return the stored lexicon.

        Raises:
            LexiconDamaged: it is missing, incomplete or being replaced.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Loaded:
    lexicon: Lexicon
    revision: Revision | None
    checked_at: float


class Lexicons:
    """The lexicons that this process uses. Threads may share it."""

    def __init__(self, store: LexiconStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Load from `store`; nothing is loaded yet."""
        self._store = store
        self._clock = clock
        self._loaded: dict[str, _Loaded] = {}
        self._checking: set[str] = set()
        self._lock = threading.Lock()

    def current(self, generation: str) -> Lexicon:
        """Return the lexicon at once; look for a newer one in the background if that is due."""
        loaded = self._loaded.get(generation)
        if loaded is None or self._clock() - loaded.checked_at >= CHECK_SECONDS:
            self._check_in_background(generation)
        return EMPTY if loaded is None else loaded.lexicon

    def check(self, generation: str) -> None:
        """Load the lexicon if a newer one is stored; a failure is logged, and the known one stays in use."""
        known = self._loaded.get(generation, _Loaded(EMPTY, None, 0.0))
        lexicon, revision = known.lexicon, known.revision
        try:
            stored = self._store.revision(generation)
            if stored is not None and stored != revision:
                lexicon, revision = self._store.load(generation), stored
        except (SearchError, LexiconDamaged, OSError) as error:
            logger.warning("lexicon of %s not loaded: %s", generation, error)
        self._loaded[generation] = _Loaded(lexicon, revision, self._clock())

    def forget(self, generation: str) -> None:
        """Release the lexicon of a generation that was dropped."""
        self._loaded.pop(generation, None)

    def _check_in_background(self, generation: str) -> None:
        with self._lock:
            if generation in self._checking:
                return
            self._checking.add(generation)
        name = f"lexicon of {generation}"
        thread = threading.Thread(target=self._check_once, args=(generation,), name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no thread is left, or the process ends
            logger.warning("lexicon of %s not loaded: %s", generation, error)
            self._checked(generation)

    def _check_once(self, generation: str) -> None:
        try:
            self.check(generation)
        finally:
            self._checked(generation)

    def _checked(self, generation: str) -> None:
        with self._lock:
            self._checking.discard(generation)
