"""Generations: build a new one while the old one serves and follows changes, swap, roll back, drop.

A generation is a subscriber with a cursor of its own, opened before its scan begins: what changes while the
scan runs lies behind the cursor and is applied by version afterwards, so that nothing is lost or undone. The
builder both scans and follows until the swap; then it lets go, and whoever follows for the shop takes over.
The generation that served before stays subscribed as the standby, so that going back is instant and fresh.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from indexing.engine import DocumentWrite, Generation, Role, SearchEngine
from indexing.errors import IndexCorrupt, NoStandby, UnsupportedSchema

MAX_LAG_SECONDS = 1.0
"""How far a generation may be behind at the swap: no more than the one it replaces usually is."""

Clock = Callable[[], datetime]


class Feed(Protocol):
    """Where a generation's documents come from."""

    def begin(self, generation: str) -> None:
        """Keep everything that changes from now on for this generation, and work for it alone."""
        ...

    def scan(self) -> Iterator[Sequence[DocumentWrite]]:
        """Yield all products, in batches."""
        ...

    def follow(self, generation: str) -> float:
        """Apply what has changed and is kept; return how many seconds the generation is behind then."""
        ...

    def hand_over(self, generation: str) -> None:
        """Stop working for this generation; what changes stays kept for it."""
        ...

    def end(self, generation: str) -> None:
        """Keep nothing for this generation any more."""
        ...

    def is_being_built(self, generation: str) -> bool:
        """Whether some process works for this generation now."""
        ...


def rebuild(
    engine: SearchEngine, feed: Feed, *, clock: Clock, progress: Callable[[int], object] = lambda count: None
) -> Generation:
    """Build a generation, let it serve, and return it; `progress` hears of each batch of products.

    A build that fails leaves nothing behind and the old generation serving. One that was killed leaves a
    generation that nobody works for, which the next rebuild drops.
    """
    before = engine.generations()
    built = engine.create(now=clock())
    try:
        _fill(engine, feed, built.name, clock=clock, progress=progress)
    except BaseException:
        _discard(engine, feed, built.name)
        raise
    engine.swap(built.name)
    engine.release(built.name)
    feed.hand_over(built.name)
    for generation in before:
        if not _is_kept(generation, engine, feed):
            _discard(engine, feed, generation.name)
    return replace(built, role=Role.SERVING)


def roll_back(engine: SearchEngine) -> Generation:
    """Let the standby serve again and return it. Raises NoStandby."""
    standby = next((each for each in engine.generations() if each.role is Role.STANDBY), None)
    if standby is None:
        raise NoStandby
    engine.swap(standby.name)
    return replace(standby, role=Role.SERVING)


def kept_current(generations: Sequence[Generation]) -> list[Generation]:
    """Return the generations that the shop keeps up to date; one that is being built is its builder's."""
    return [generation for generation in generations if generation.role is not Role.BUILDING]


def _fill(
    engine: SearchEngine, feed: Feed, generation: str, *, clock: Clock, progress: Callable[[int], object]
) -> None:
    feed.begin(generation)
    for batch in feed.scan():
        engine.write(generation, batch, now=clock())
        progress(len(batch))
    while feed.follow(generation) > MAX_LAG_SECONDS:
        pass


def _is_kept(generation: Generation, engine: SearchEngine, feed: Feed) -> bool:
    """Whether a generation stays beside a new one: as its standby, or because another process builds it."""
    if generation.role is Role.BUILDING:
        return feed.is_being_built(generation.name)
    return generation.role is Role.SERVING and _is_readable(generation, engine)


def _is_readable(generation: Generation, engine: SearchEngine) -> bool:
    try:
        engine.count(generation.name)
    except (IndexCorrupt, UnsupportedSchema):
        return False
    return True


def _discard(engine: SearchEngine, feed: Feed, generation: str) -> None:
    feed.end(generation)
    engine.release(generation)
    engine.drop(generation)
