"""Stream → warehouse, compared with inserting the same rows with clickhouse-connect alone."""

import gc
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import clickhouse_connect
import redis

from analytics_pipeline import embedded, events, migrate
from analytics_pipeline.event_block import EventBlock
from analytics_pipeline.events import Record
from analytics_pipeline.ingest import Ingest
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Batch, Stream, encode
from analytics_pipeline.warehouse import Warehouse
from benchmarks.pipeline import samples

SIZES = (1, 100)
BLOCK = 20_000
_KEY = "benchmark:stream"


@dataclass(frozen=True, slots=True)
class StoringCost:
    """Seconds and this process's CPU seconds for the same rows: medians of all rounds."""

    rows: int
    ours: float
    ours_cpu: float
    plain: float
    plain_cpu: float


def measure(settings: PipelineSettings, *, rows: int, rounds: int) -> dict[int, StoringCost]:
    """Return the cost of storing `rows` rows, for each size of entries."""
    warehouse = Warehouse(settings)
    migrate.migrate(warehouse)
    return {
        size: _interleaved(
            settings, warehouse, rows=rows if size > 1 else rows // 10, size=size, rounds=rounds
        )
        for size in SIZES
    }


def _interleaved(
    settings: PipelineSettings, warehouse: Warehouse, *, rows: int, size: int, rounds: int
) -> StoringCost:
    chance = random.Random(7)
    batches = [samples.batch(size, chance=chance) for _ in range(rows // size)]
    stream = Stream(settings, key=_KEY)
    plain = clickhouse_connect.get_client(
        dsn=embedded.clickhouse_url(settings), autogenerate_session_id=False
    )
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    # Keep the garbage collector from visiting the sample's objects, which belong to neither side.
    gc.collect()
    gc.freeze()
    for number in range(rounds):
        stream.delete()
        _fill(embedded.redis_url(settings), batches)
        consumer = Ingest(stream=stream, warehouse=warehouse, clock=lambda: datetime.now(UTC))
        warehouse.command("TRUNCATE TABLE events")
        ours.append(_timed(consumer.drain))
        assert warehouse.value("SELECT count() FROM events") == rows, number
        names, blocks = _blocks(batches)
        warehouse.command("TRUNCATE TABLE events")

        def insert() -> None:
            for block in blocks:  # noqa: B023 - called in this round
                plain.insert("events", block, column_names=names, column_oriented=True)  # noqa: B023

        theirs.append(_timed(insert))
    plain.close()
    stream.delete()
    return StoringCost(
        rows,
        *map(statistics.median, zip(*ours, strict=True)),
        *map(statistics.median, zip(*theirs, strict=True)),
    )


def _fill(address: str, batches: Sequence[Batch]) -> None:
    """Append the batches in few round trips."""
    with redis.Redis.from_url(address) as client:
        for first in range(0, len(batches), 500):
            with client.pipeline(transaction=False) as pipe:
                for batch in batches[first : first + 500]:
                    pipe.xadd(_KEY, {"batch": encode(batch)})
                pipe.execute()


def _blocks(batches: list[Batch]) -> tuple[list[str], list[list[list[Any]]]]:
    """Return the names of the columns and the rows of the batches, in blocks as large as the consumer's."""
    records = [
        Record(event=event, shopper_key=batch.shopper_key, arrived_at=batch.arrived_at, number=number)
        for number, batch in enumerate(batches)
        for event in batch.events
    ]
    blocks = [_complete(records[first : first + BLOCK]) for first in range(0, len(records), BLOCK)]
    return list(blocks[0]), [[list(values) for values in block.values()] for block in blocks]


def _complete(records: Sequence[Record]) -> dict[str, Sequence[Any]]:
    """Return all columns of the table, including those with defaults only."""
    defaults: dict[str, Sequence[Any]] = {
        name: [column.default] * len(records) for name, column in events.COLUMNS.items()
    }
    return defaults | EventBlock.of(records).columns


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    cpu, begun = time.process_time(), time.perf_counter()
    work()
    return time.perf_counter() - begun, time.process_time() - cpu
