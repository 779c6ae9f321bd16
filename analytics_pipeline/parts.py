"""The parts of the table of events, which show whether inserts are large enough."""

from dataclasses import dataclass

from analytics_pipeline.warehouse import Warehouse

_PARTS = """
SELECT
    ifNull(max(parts), 0) AS parts,
    if(sum(fresh) = 0, 0, sum(fresh_rows) / sum(fresh)) AS rows
FROM
(
    SELECT count() AS parts, countIf(level = 0) AS fresh, sumIf(rows, level = 0) AS fresh_rows
    FROM system.parts
    WHERE database = currentDatabase() AND table = 'events' AND active
    GROUP BY partition_id
)
"""


@dataclass(frozen=True, slots=True)
class EventParts:
    """The number of parts of the partition that has most, and the mean rows of parts that are not merged yet.

    ClickHouse slows inserts down at 1,000 parts of a partition, and refuses them at 3,000. A part that is not
    merged yet has the rows of one insert.
    """

    most_parts: int
    rows_of_an_insert: float


def parts_of_events(warehouse: Warehouse) -> EventParts:
    """Return the state of the parts now."""
    [row] = warehouse.rows(_PARTS)
    return EventParts(most_parts=int(row["parts"]), rows_of_an_insert=float(row["rows"]))
