"""Builds generations from the database, and applies changes that are made during the build."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.outbox.cursors import delete_cursor, open_cursor
from backend.outbox.models import Cursor
from backend.outbox.relay import process_name
from backend.outbox.runner import SubscriberRunner
from backend.outbox.selectors import lag
from backend.outbox.subscribers import Start
from backend.outbox.watch import POLL_SECONDS
from backend.search import projection
from backend.search.models import IndexBuild
from backend.search.subscribers import NAME_PREFIX, GenerationSubscriber, generation_subscribers
from backend.search.suggestions.refreshing import refresh
from indexing import generations
from indexing.engine import DocumentWrite, Generation, Role, SearchEngine
from indexing.errors import SearchError
from indexing.generations import rebuild

REMEDY = "run: manage.py rebuild_index"
RELAY = Actor.system("relay")
YOUNG_OBJECTS = 50_000
"""New objects after which a build looks for garbage; the thousands of rows of a batch are not in cycles."""
logger = structlog.get_logger(__name__)


class OutboxSource:
    """The database as a source of documents: its products, and the changes in its outbox."""

    def __init__(self, engine: SearchEngine) -> None:
        """Write to generations of `engine`."""
        self._engine = engine
        self._owner = process_name()
        self._runners: dict[str, SubscriberRunner] = {}

    def subscribe(self, generation: str) -> None:
        """Open the generation's cursor at the newest message and take its lease."""
        subscriber = GenerationSubscriber(self._engine, generation)
        open_cursor(subscriber.name, start=Start.HEAD, remedy=REMEDY)
        self._runners[generation] = SubscriberRunner(subscriber, owner=self._owner)
        self._step(generation)

    def scan(self, *, after: int) -> Iterator[list[DocumentWrite]]:
        """Yield the listed products above `after`."""
        return projection.scan(after=after)

    def written_up_to(self, generation: str) -> int | None:
        """Return the id up to which products are written; None if no build of it was begun.

        A build whose messages were deleted since can't be resumed.
        """
        if Cursor.objects.filter(subscriber=NAME_PREFIX + generation, overtaken=False).exists():
            return (
                IndexBuild.objects.filter(generation=generation)
                .values_list("written_up_to", flat=True)
                .first()
            )
        return None

    def record_written(self, generation: str, *, up_to: int) -> None:
        """Store the id up to which products are written."""
        IndexBuild.objects.update_or_create(generation=generation, defaults={"written_up_to": up_to})

    def keep_reserved(self, generation: str) -> None:
        """Renew the lease."""
        self._runners[generation].hold_lease()

    def apply_changes(self, generation: str) -> float:
        """Apply changes; return the age in seconds of the oldest change that is not applied yet."""
        if not self._step(generation):
            time.sleep(POLL_SECONDS)
        subscriber = self._runners[generation].subscriber
        return lag(subscriber, now=timezone.now()).seconds

    def hand_over(self, generation: str) -> None:
        """Release the lease, so that another process can take it."""
        self._runners.pop(generation).release()

    def unsubscribe(self, generation: str) -> None:
        """Release the generation's lease and delete its cursor."""
        if generation in self._runners:
            self.hand_over(generation)
        delete_cursor(NAME_PREFIX + generation)
        IndexBuild.objects.filter(generation=generation).delete()

    def is_being_built(self, generation: str) -> bool:
        """Return whether a process holds the generation's lease."""
        held = Cursor.objects.filter(subscriber=NAME_PREFIX + generation, lease_until__gt=timezone.now())
        return held.exists()

    def _step(self, generation: str) -> bool:
        return self._runners[generation].step()


def build(
    engine: SearchEngine,
    *,
    by: Actor,
    clock: Callable[[], datetime],
    progress: Callable[[int], object] = lambda count: None,
) -> Generation:
    """Build a generation from the database, swap it in, build the suggestions, and return the generation.

    A build that was killed is resumed.

    `progress` is called with the number of products of each batch.
    """
    _delete_orphaned_cursors(engine)
    _wait_for_leases_of_killed_builds(engine)
    before = serving_generation(engine)
    with _few_garbage_collections():
        built = rebuild(engine, OutboxSource(engine), clock=clock, progress=progress)
        _record("search.index_rebuilt", by=by, before=before, after=built)
        try:
            refresh(engine, None, now=clock())
        except SearchError as error:
            # The scheduled task builds them later.
            logger.warning("suggestions_not_built", engine=engine.name, reason=str(error))
    return built


@contextmanager
def _few_garbage_collections() -> Iterator[None]:
    """Search for reference cycles less often, which otherwise takes a tenth of a build's CPU time."""
    usual = gc.get_threshold()
    gc.set_threshold(YOUNG_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def roll_back(engine: SearchEngine, *, by: Actor) -> Generation:
    """Let the previous generation serve again, and return it.

    Raises:
        NoStandby: there is no previous generation.
    """
    before = serving_generation(engine)
    serving = generations.roll_back(engine)
    _record("search.index_rolled_back", by=by, before=before, after=serving)
    return serving


def serving_generation(engine: SearchEngine) -> Generation | None:
    """Return the generation that serves; None if there is none."""
    return next((each for each in engine.generations() if each.role is Role.SERVING), None)


def _record(action: str, *, by: Actor, before: Generation | None, after: Generation) -> None:
    names = (before.name if before else None, after.name)
    with transaction.atomic():
        record(action, by=by, subject=("search.Generation", after.name), changes={"serving": names})


def index_subscribers(engine: SearchEngine, *, clock: Callable[[], datetime]) -> list[GenerationSubscriber]:
    """Return a subscriber for each generation that is kept current; build the first one of a new shop.

    While the engine is unavailable no generation is built, and the subscribers report the failure themselves.
    """
    try:
        ensure_serving(engine, clock=clock)
    except SearchError as error:
        logger.warning("first_generation_not_built", engine=engine.name, reason=str(error))
    return generation_subscribers(engine)


def ensure_serving(engine: SearchEngine, *, clock: Callable[[], datetime]) -> None:
    """Build the first generation of a shop that has none."""
    if serving_generation(engine) is None:
        build(engine, by=RELAY, clock=clock)


def _wait_for_leases_of_killed_builds(engine: SearchEngine) -> None:
    """Wait until the lease of a process that was killed has expired, so that its build can be resumed.

    A process that runs renews its lease meanwhile. The lease of a finished generation is that of a relay.
    """
    building = {each.name for each in engine.generations() if each.role is Role.BUILDING}
    begun = IndexBuild.objects.filter(generation__in=building).values_list("generation", flat=True)
    names = [NAME_PREFIX + name for name in begun]
    held = Cursor.objects.filter(subscriber__in=names, lease_until__gt=timezone.now())
    expires_at = held.aggregate(latest=Max("lease_until"))["latest"]
    if expires_at is None:
        return
    logger.info("waiting_for_lease_of_another_build", until=expires_at.isoformat())
    while timezone.now() <= expires_at:
        time.sleep(POLL_SECONDS)


def _delete_orphaned_cursors(engine: SearchEngine) -> None:
    """Delete the cursors of dropped generations, which would keep messages from being pruned."""
    known = {NAME_PREFIX + generation.name for generation in engine.generations()}
    cursors = Cursor.objects.filter(subscriber__startswith=NAME_PREFIX)
    for name in cursors.values_list("subscriber", flat=True):
        if name not in known:
            delete_cursor(name)
    IndexBuild.objects.exclude(generation__in=[name.removeprefix(NAME_PREFIX) for name in known]).delete()
