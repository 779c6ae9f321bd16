"""Build a generation while another one serves, swap, and roll back.

A generation is a subscriber with a cursor of its own, which is opened before the scan begins. Changes made
during the scan are read from the cursor afterwards and applied by version, so that none is lost or undone.
The builder scans and applies changes until the swap. Then it releases the generation to the process that
keeps the shop's generations current. The former serving generation stays subscribed as the standby.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from indexing.engine import DocumentWrite, Generation, Role, SearchEngine
from indexing.errors import GenerationNotFound, IndexCorrupt, NoStandby, UnsupportedSchema
from indexing.schema import is_unsupported

MAX_LAG_SECONDS = 1.0
"""How far a generation may lag at the swap: about the usual lag of the serving generation."""

Clock = Callable[[], datetime]


class DocumentSource(Protocol):
    """The source of a generation's documents."""

    def subscribe(self, generation: str) -> None:
        """Keep every change from now on for this generation, and reserve it for this process."""
        ...

    def scan(self) -> Iterator[Sequence[DocumentWrite]]:
        """Yield all products, in batches."""
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

    `progress` is called with the number of products of each batch. A build that fails drops what it built,
    and the old generation continues to serve. The generation of a build that was killed is dropped by the
    next one.
    """
    before = engine.generations()
    built = engine.create(now=clock())
    try:
        _fill(engine, source, built.name, clock=clock, progress=progress)
    except BaseException:
        _discard(engine, source, built.name)
        raise
    engine.swap(built.name)
    engine.release(built.name)
    source.hand_over(built.name)
    for generation in before:
        if not _is_kept(generation, engine, source):
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


def _fill(
    engine: SearchEngine,
    source: DocumentSource,
    generation: str,
    *,
    clock: Clock,
    progress: Callable[[int], object],
) -> None:
    source.subscribe(generation)
    for batch in source.scan():
        engine.write(generation, batch, now=clock())
        progress(len(batch))
    while source.apply_changes(generation) > MAX_LAG_SECONDS:
        pass


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
