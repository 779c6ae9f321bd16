"""Write the documents of each day into two files, which are replaced at once when they are complete."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import msgspec

from analytics_pipeline.ubi.documents import UbiEvent, UbiQuery
from analytics_pipeline.ubi.reading import events_of, impressions_of, queries_of
from analytics_pipeline.warehouse import Warehouse

QUERIES, EVENTS = "ubi_queries", "ubi_events"
_DAYS = """
SELECT DISTINCT day
FROM events
WHERE day BETWEEN {since:Date} AND {until:Date} AND type = 'exposure' AND surface = 'search' AND query != ''
  AND NOT is_bot
ORDER BY day
"""


class Format(StrEnum):
    """One document a line; in `bulk`, each is preceded by its action for the bulk API of OpenSearch."""

    NDJSON = "ndjson"
    BULK = "bulk"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayExported:
    """The numbers of documents of a day (UTC)."""

    day: date
    queries: int
    events: int


def days(warehouse: Warehouse, *, since: date, until: date) -> list[date]:
    """Return the days (UTC) that have queries, oldest first; both bounds are included."""
    return [row["day"] for row in warehouse.rows(_DAYS, {"since": since, "until": until})]


@dataclass(frozen=True, slots=True, kw_only=True)
class UbiExport:
    """An export into a folder. `impressions` adds an event for each product of each list that was shown."""

    folder: Path
    application: str
    format: Format = Format.NDJSON
    impressions: bool = False

    def day(self, warehouse: Warehouse, day: date) -> DayExported:
        """Write the two files of a day, and return how many documents they have.

        Earlier files of the day are replaced when both are complete. Only one block of rows is in memory.
        Raises the same exceptions as `Warehouse`.
        """
        with ExitStack() as files:
            to_queries = self._documents(files, QUERIES, day=day)
            to_events = self._documents(files, EVENTS, day=day)
            for query in queries_of(warehouse, day=day, application=self.application):
                to_queries.write(query, id_=query.query_id)
                if self.impressions:
                    for event in impressions_of(query):
                        to_events.write(
                            event, id_=f"{query.query_id}:{event.event_attributes.position.ordinal}"
                        )
            for event_id, event in events_of(warehouse, day=day, application=self.application):
                to_events.write(event, id_=event_id)
        return DayExported(day=day, queries=to_queries.number, events=to_events.number)

    def _documents(self, files: ExitStack, index: str, *, day: date) -> "_Documents":
        path = self.folder / f"{index}-{day.isoformat()}.{self.format}"
        return _Documents(files.enter_context(_replaced(path)), index=index, output_format=self.format)


class _Documents:
    """Writes documents of one index."""

    def __init__(self, file: BinaryIO, *, index: str, output_format: Format) -> None:
        self.number = 0
        self._file = file
        self._index = index
        self._has_actions = output_format is Format.BULK
        self._encoder = msgspec.json.Encoder()

    def write(self, document: UbiQuery | UbiEvent, *, id_: str) -> None:
        """Write a document. Loading it again under the same id doesn't duplicate it."""
        if self._has_actions:
            action = {"index": {"_index": self._index, "_id": id_}}
            self._file.write(self._encoder.encode(action) + b"\n")
        self._file.write(self._encoder.encode(document) + b"\n")
        self.number += 1


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that gets its name when the context ends without an exception."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
