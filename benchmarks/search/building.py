"""Building an index from the database beside sending prepared bulk requests."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import msgspec
import urllib3
from django.utils import timezone

from backend.audit.actors import Actor
from backend.search import projection
from backend.search.rebuilding import build
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.elasticsearch.mapping import encoded
from indexing.engine import PutDocument, SearchEngine
from indexing.schema import CURRENT

LEAST_RATIO = 0.6
LEAST_PRODUCTS_PER_SECOND = 5_000
RAW_DOCUMENTS = 500
"""In one prepared request."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Products a second, in time and in CPU time of this process."""

    wall: float
    cpu: float

    @classmethod
    def of(cls, products: int, call: Callable[[], object]) -> Self:
        """Return the speed of a call that handles this number of products."""
        cpu, begun = time.process_time(), time.perf_counter()
        call()
        return cls(products / (time.perf_counter() - begun), products / (time.process_time() - cpu))


def compare(engine: SearchEngine, *, url: str | None, products: int) -> None:
    """Print the speed of a rebuild, and its ratio to prepared requests or to the engine's writes alone."""
    rebuilt = Speed.of(products, lambda: build(engine, by=Actor.system("benchmark"), clock=timezone.now))
    print(f"rebuild: {rebuilt.wall:,.0f} products/s, own CPU {rebuilt.cpu:,.0f} products/s")
    if isinstance(engine, ElasticsearchEngine):
        raw = _prepared(engine, str(url), products=products)
        ratio = rebuilt.wall / raw.wall
        reached = "reached" if ratio >= LEAST_RATIO else "missed"
        print(f"prepared bulk requests: {raw.wall:,.0f} products/s")
        print(f"ratio {ratio:.2f} (at least {LEAST_RATIO}: {reached})")
        return
    written = _written(engine, products=products)
    reached = "reached" if written.wall >= LEAST_PRODUCTS_PER_SECOND else "missed"
    print(f"writes alone: {written.wall:,.0f} products/s (at least {LEAST_PRODUCTS_PER_SECOND:,}: {reached})")


def _written(engine: SearchEngine, *, products: int) -> Speed:
    batches = [[each for each in batch if isinstance(each, PutDocument)] for batch in projection.scan()]
    generation = engine.create(now=timezone.now()).name
    speed = Speed.of(
        products, lambda: [engine.write(generation, batch, now=timezone.now()) for batch in batches]
    )
    engine.release(generation)
    engine.drop(generation)
    return speed


def _prepared(engine: ElasticsearchEngine, url: str, *, products: int) -> Speed:
    """Return the speed of bulk requests whose bodies exist already, one after the other."""
    bodies = list(_bodies())
    generation = engine.create(now=timezone.now()).name
    pool = urllib3.connection_from_url(url, maxsize=1)

    def send() -> None:
        for body in bodies:
            response = pool.urlopen(
                "POST", f"/{generation}/_bulk", body=body, headers={"Content-Type": "application/x-ndjson"}
            )
            assert response.status == 200, response.data[:500]
        pool.urlopen("POST", f"/{generation}/_refresh")

    speed = Speed.of(products, send)
    engine.drop(generation)
    return speed


def _bodies() -> Iterator[bytes]:
    lines: list[bytes] = []
    for batch in projection.scan():
        for write in batch:
            assert isinstance(write, PutDocument)
            action = {"_id": str(write.product_id), "version": write.version, "version_type": "external"}
            lines += [msgspec.json.encode({"index": action}), encoded(write.document, schema=CURRENT)]
        while len(lines) >= 2 * RAW_DOCUMENTS:
            yield _body(lines[: 2 * RAW_DOCUMENTS])
            del lines[: 2 * RAW_DOCUMENTS]
    if lines:
        yield _body(lines)


def _body(lines: Sequence[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"
