"""Compares a generation of the index with the database while the shop is live, and repairs it.

The rows and the index can't be read at the same moment, and the index lags. So what differs at first is only
a candidate. Candidates are compared again once the generation's cursor has passed all messages that were
published before; a candidate with a newer message is being changed and is compared once more. The fan-out of
categories is waited for in the same way, because it publishes the products of a changed category. What
differs then will not be corrected by any message that exists: a write was lost, or rows were changed without
a message.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.subscribers import CategoryFanOut
from backend.outbox.relay import drain
from backend.outbox.selectors import Position, before_all, newest, published_after
from backend.outbox.services import publish_many
from backend.outbox.subscribers import Subscriber
from backend.outbox.topics import Topic
from backend.search.projection import SCAN_BATCH, documents, listed_ids
from backend.search.subscribers import GenerationSubscriber
from indexing.engine import Generation, SearchEngine
from indexing.parity import Difference, DifferenceKind, difference

CANDIDATES = 1_000
"""About how many candidates are compared again at a time."""
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs among some products, and the products that changed during every comparison."""

    differences: tuple[Difference, ...] = ()
    changing: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Parity:
    """Compares `generation` with the database.

    Each wait for the outbox ends after `timeout` seconds. Without a relay, this process applies the messages
    itself.
    """

    engine: SearchEngine
    generation: Generation
    timeout: float = TIMEOUT_SECONDS

    def compare(self, *, progress: Callable[[int], object] = lambda count: None) -> Iterator[Comparison]:
        """Compare all products; yield what differs, in parts of bounded size.

        `progress` is called with the number of products of each range.

        Raises:
            DrainTimeout: the generation lags, and did not catch up in time.
            SearchError: the generation can't be read.
        """
        candidates: list[int] = []
        for product_ids in self._ranges():
            candidates += [each.product_id for each in self._differences(product_ids)]
            progress(len(product_ids))
            if len(candidates) >= CANDIDATES:
                yield self.compare_again(candidates)
                candidates = []
        if candidates:
            yield self.compare_again(candidates)

    def compare_again(self, product_ids: Sequence[int]) -> Comparison:
        """Compare these products after all messages that exist now are applied.

        Products that are changed meanwhile are compared until they are not, or until `timeout` has passed.

        Raises:
            DrainTimeout: the generation lags, and did not catch up in time.
            SearchError: the generation can't be read.
        """
        deadline = time.monotonic() + self.timeout
        differences: list[Difference] = []
        while True:
            applied = self._apply_messages()
            found = self._differences(product_ids)
            changing = self._changed_since(applied, found)
            differences += [each for each in found if each.product_id not in changing]
            if not changing or time.monotonic() > deadline:
                return Comparison(tuple(differences), tuple(sorted(changing)))
            product_ids = sorted(changing)

    def repair(self, differences: Sequence[Difference], *, by: Actor) -> Comparison:
        """Publish a message for each product, and compare again when the messages are applied.

        The generation's subscriber then writes the current documents, and deletes what isn't listed, with
        new versions. A product that still differs afterwards can't be repaired in this way.

        Raises:
            DrainTimeout: the messages were not applied in time; they stay in the outbox.
            SearchError: the generation can't be read.
        """
        product_ids = sorted(each.product_id for each in differences)
        kinds = [each.kind for each in differences]
        with transaction.atomic():
            publish_many(Topic.PRODUCT, product_ids)
            record(
                "search.index_repaired",
                by=by,
                subject=("search.Generation", self.generation.name),
                changes={kind: (None, kinds.count(kind)) for kind in DifferenceKind if kind in kinds},
            )
        return self.compare_again(product_ids)

    def _ranges(self) -> Iterator[list[int]]:
        """Yield the ids of all products that are listed or in the generation, in ascending ranges."""
        last = 0
        while True:
            listed = listed_ids(after=last, limit=SCAN_BATCH)
            indexed = self.engine.product_ids(self.generation.name, after=last, limit=SCAN_BATCH)
            # Beyond the end of a full page, nothing is known about its side.
            ends = [page[-1] for page in (listed, indexed) if len(page) == SCAN_BATCH]
            found = sorted({*listed, *indexed})
            if not ends:
                yield found
                return
            last = min(ends)
            yield [product_id for product_id in found if product_id <= last]

    def _differences(self, product_ids: Sequence[int]) -> list[Difference]:
        """Return how the generation, which is read first, differs from the database."""
        stored = self.engine.stored(self.generation.name, product_ids)
        expected = documents(product_ids)
        compared = [
            difference(
                product_id,
                expected=expected.get(product_id),
                stored=stored[product_id].document if product_id in stored else None,
                schema_version=self.generation.schema_version,
            )
            for product_id in product_ids
        ]
        return [each for each in compared if each is not None]

    def _apply_messages(self) -> dict[Topic, Position]:
        """Wait until the messages that exist now are applied; return the last one of each topic."""
        subscribers: tuple[tuple[Topic, Subscriber], ...] = (
            (Topic.CATEGORY, CategoryFanOut()),
            (Topic.PRODUCT, GenerationSubscriber(self.engine, self.generation.name)),
        )
        applied = {}
        for topic, subscriber in subscribers:
            applied[topic] = newest([topic]) or before_all()
            drain([subscriber], timeout=self.timeout)
        return applied

    def _changed_since(
        self, applied: dict[Topic, Position], differences: Sequence[Difference]
    ) -> frozenset[int]:
        """Return the products of `differences` that messages after `applied` may have changed.

        Every transaction whose messages are not after these positions had ended before they were applied.
        """
        category = newest([Topic.CATEGORY])
        if category is not None and category > applied[Topic.CATEGORY]:
            return frozenset(each.product_id for each in differences)
        keys = [str(each.product_id) for each in differences]
        changed = published_after(applied[Topic.PRODUCT], topic=Topic.PRODUCT, keys=keys)
        return frozenset(map(int, changed))
