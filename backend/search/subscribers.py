"""Generations of the index as subscribers of the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.utils import timezone

from backend.outbox.models import Cursor
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from backend.search.projection import project
from indexing.engine import SearchEngine
from indexing.errors import GenerationNotFound, SearchError
from indexing.generations import kept_current

logger = structlog.get_logger(__name__)

NAME_PREFIX = "search:"


@dataclass(frozen=True, slots=True)
class GenerationSubscriber:
    """Writes changed products to one generation."""

    engine: SearchEngine
    generation: str
    topics: frozenset[Topic] = frozenset({Topic.PRODUCT})
    start: Start = Start.OLDEST
    quiet_seconds: float = 1.0
    batch_size: int = 1_000

    @property
    def name(self) -> str:
        """The name of its cursor."""
        return NAME_PREFIX + self.generation

    def handle(self, notices: Sequence[Notice]) -> None:
        """Write the current documents of the products."""
        documents = project([int(notice.key) for notice in notices])
        try:
            self.engine.write(self.generation, documents, now=timezone.now())
        except GenerationNotFound:
            # The generation was dropped after the relay listed the generations for the last time.
            logger.info("generation_is_gone", generation=self.generation)

    def release(self) -> None:
        """Release the engine's lock, so that another process can write the generation."""
        self.engine.release(self.generation)


def generation_subscribers(engine: SearchEngine) -> list[GenerationSubscriber]:
    """Return a subscriber for each generation that is kept current.

    While the engine is unavailable, these are the generations with a cursor: their messages have to be kept.
    """
    try:
        names = [generation.name for generation in kept_current(engine.generations())]
    except SearchError as error:
        logger.warning("generations_unknown", engine=engine.name, reason=str(error))
        cursors = Cursor.objects.filter(subscriber__startswith=NAME_PREFIX)
        names = [name.removeprefix(NAME_PREFIX) for name in cursors.values_list("subscriber", flat=True)]
    return [GenerationSubscriber(engine, name) for name in names]
