"""Build a generation while another one serves, swap, and roll back.

A generation is a subscriber with a cursor of its own, which is opened before the scan begins. Changes made
during the scan are read from the cursor afterwards and applied by version, so that none is lost or undone.
The builder scans and applies changes until the swap. Then it releases the generation to the process that
keeps the shop's generations current. The former serving generation stays subscribed as the standby.

A builder that was killed, or whose engine was away for too long, leaves its generation with a cursor and the
id up to which products were written. The next build resumes there.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from indexing.engine import DocumentWrite, Generation, Role, SearchEngine
from indexing.errors import (
    GenerationBusy,
    GenerationNotFound,
    IndexCorrupt,
    NoStandby,
    SearchEngineUnavailable,
    UnsupportedSchema,
)
from indexing.schema import is_unsupported

MAX_LAG_SECONDS = 1.0
"""How far a generation may lag at the swap: about the usual lag of the serving generation."""

PATIENCE_SECONDS = 600.0
"""How long a build waits for an engine that is away, before it stops and can be resumed."""
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 5.0
"""Less than a lease lasts: it is renewed between attempts."""

CONCURRENT_WRITES = 2
"""Batches that are written at once: one is prepared while the engine stores the other."""

Clock = Callable[[], datetime]
Batch = Sequence[DocumentWrite]
T = TypeVar("T")


class DocumentSource(Protocol):
    """The source of a generation's documents."""

    def subscribe(self, generation: str) -> None:
        """Keep every change from now on for this generation, and reserve it for this process.

        If the generation is subscribed already, changes since then are kept.
        """
        ...

    def scan(self, *, after: int) -> Iterator[Batch]:
        """Yield the products with ids above `after`, in batches, in ascending order of their ids."""
        ...

    def written_up_to(self, generation: str) -> int | None:
        """Return the id up to which products are written; None if no build of it was begun."""
        ...

    def record_written(self, generation: str, *, up_to: int) -> None:
        """Store the id up to which products are written."""
        ...

    def keep_reserved(self, generation: str) -> None:
        """Renew the reservation, which ends by itself if this process dies."""
        ...

    def apply_changes(self, generation: str) -> float:
        """Write the kept changes; return the generation's lag afterwards, in seconds."""
        ...

    def hand_over(self, generation: str) -> None:
        """Release the generation to another process; changes are kept as before."""
        ...

    def unsubscribe(self, generation: str) -> None:
        """Stop keeping changes for this generation."""
        ...

    def is_being_built(self, generation: str) -> bool:
        """Return whether a process has reserved this generation."""
        ...


def rebuild(
    engine: SearchEngine,
    source: DocumentSource,
    *,
    clock: Clock,
    progress: Callable[[int], object] = lambda count: None,
) -> Generation:
    """Build a generation of the current schema version, make it the serving one, and return it.

    `progress` is called with the number of products of each batch. The build of a process that was killed is
    resumed. A build that is interrupted, or whose engine is away for PATIENCE_SECONDS, can be resumed, too;
    any other failure drops what was built. In each case the old generation continues to serve.
    """
    before = engine.generations()
    built = _resumable(before, engine, source) or engine.create(now=clock())
    try:
        _Build(engine, source, built.name, clock=clock).run(progress)
        engine.swap(built.name)
    except (SearchEngineUnavailable, GenerationBusy, KeyboardInterrupt, SystemExit):
        source.hand_over(built.name)
        raise
    except BaseException:
        _discard(engine, source, built.name)
        raise
    engine.release(built.name)
    source.hand_over(built.name)
    for generation in before:
        if generation.name != built.name and not _is_kept(generation, engine, source):
            _discard(engine, source, generation.name)
    return replace(built, role=Role.SERVING)


def roll_back(engine: SearchEngine) -> Generation:
    """Make the standby the serving generation again, and return it.

    Raises:
        NoStandby: there is none.
    """
    standby = next((each for each in engine.generations() if each.role is Role.STANDBY), None)
    if standby is None:
        raise NoStandby
    engine.swap(standby.name)
    return replace(standby, role=Role.SERVING)


def kept_current(generations: Sequence[Generation]) -> list[Generation]:
    """Return the generations that the shop keeps current: the serving one and the standby.

    A generation whose schema version this release does not serve is left to the release that does.
    """
    return [
        generation
        for generation in generations
        if generation.role is not Role.BUILDING and not is_unsupported(generation.schema_version)
    ]


def _resumable(
    generations: Sequence[Generation], engine: SearchEngine, source: DocumentSource
) -> Generation | None:
    """Return the newest generation whose build was begun as one would be now, and no process continues."""
    for generation in reversed(generations):
        if (
            generation.role is Role.BUILDING
            and engine.is_like_new(generation)
            and source.written_up_to(generation.name) is not None
            and not source.is_being_built(generation.name)
        ):
            return generation
    return None


class _Build:
    """Fills one generation: a batch is read while those before it are written."""

    def __init__(
        self, engine: SearchEngine, source: DocumentSource, generation: str, *, clock: Clock
    ) -> None:
        self._engine = engine
        self._source = source
        self._generation = generation
        self._clock = clock

    def run(self, progress: Callable[[int], object]) -> None:
        """Write the products that are not written yet, their lexicon, and the changes since the beginning."""
        self._source.subscribe(self._generation)
        up_to = self._source.written_up_to(self._generation) or 0
        self._source.record_written(self._generation, up_to=up_to)
        with ThreadPoolExecutor(CONCURRENT_WRITES, thread_name_prefix="build") as writers:
            writing: deque[tuple[Batch, Future[object]]] = deque()
            for batch in self._source.scan(after=up_to):
                if len(writing) == CONCURRENT_WRITES:
                    self._finish(*writing.popleft(), progress)
                writing.append((batch, writers.submit(self._write, batch)))
            while writing:
                self._finish(*writing.popleft(), progress)
            self._done(writers.submit(self._learn), self._learn)
        while self._patiently(lambda: self._source.apply_changes(self._generation)) > MAX_LAG_SECONDS:
            pass

    def _write(self, batch: Batch) -> object:
        return self._engine.write(self._generation, batch, now=self._clock())

    def _learn(self) -> None:
        # Imports numpy, which processes that only write changes don't need.
        from indexing.lexicon.refreshing import refresh  # noqa: PLC0415

        refresh(self._engine, self._generation)

    def _finish(self, batch: Batch, future: Future[object], progress: Callable[[int], object]) -> None:
        """Wait until a batch is written, and record it: batches are recorded in the order of their ids."""
        self._done(future, lambda: self._write(batch))
        self._source.record_written(self._generation, up_to=batch[-1].product_id)
        progress(len(batch))

    def _done(self, future: Future[object], again: Callable[[], object]) -> None:
        """Wait for a step in another thread; while the engine is away, do it `again`."""
        while wait([future], timeout=LONGEST_WAIT_SECONDS).not_done:
            self._source.keep_reserved(self._generation)
        if isinstance(future.exception(), SearchEngineUnavailable):
            self._patiently(again)
        else:
            future.result()
        self._source.keep_reserved(self._generation)

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """Return the result of `attempt`, which is repeated while the engine is away."""
        seconds, ends_at = FIRST_WAIT_SECONDS, time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return attempt()
            except SearchEngineUnavailable:
                if time.monotonic() > ends_at:
                    raise
            time.sleep(seconds)
            seconds = min(2 * seconds, LONGEST_WAIT_SECONDS)
            self._source.keep_reserved(self._generation)


def _is_kept(generation: Generation, engine: SearchEngine, source: DocumentSource) -> bool:
    """Return whether a generation is kept: as the standby, or because another process builds it."""
    if generation.role is Role.BUILDING:
        return source.is_being_built(generation.name)
    return generation.role is Role.SERVING and _is_readable(generation, engine)


def _is_readable(generation: Generation, engine: SearchEngine) -> bool:
    try:
        engine.count(generation.name)
    except (GenerationNotFound, IndexCorrupt, UnsupportedSchema):
        return False
    return True


def _discard(engine: SearchEngine, source: DocumentSource, generation: str) -> None:
    source.unsubscribe(generation)
    engine.release(generation)
    # Another process may have dropped it since the generations were listed.
    with suppress(GenerationNotFound):
        engine.drop(generation)
