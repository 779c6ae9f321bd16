"""The lists of the version that serves, by their keys."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.db import connection

from backend.api.compiled_queries import fetch_rows
from backend.api.statements import statement
from ml.serving import Scored

SQL = Path(__file__).parent / "sql"
_ENTRIES = msgspec.json.Decoder(list[Scored])


class Key(NamedTuple):
    """The key of a published list; `otherwise` is the algorithm whose list is read if it doesn't exist."""

    audience: str
    subject: str
    algorithm: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A published list; `entries` is JSON, which is parsed when the list is used."""

    algorithm: str
    entries: str

    def scored(self) -> list[Scored]:
        """Return the entries, best first."""
        return _ENTRIES.decode(self.entries)


@dataclass(frozen=True, slots=True)
class PublishedLists:
    """The serving version, None without one, and its lists by the keys that were asked for."""

    version: str | None
    by_key: Mapping[Key, PublishedList]


def published_lists(wanted: Sequence[Key]) -> PublishedLists:
    """Return the serving version with the wanted lists, one at least; empty lists are left out."""
    rows = fetch_rows(connection, statement(SQL, "lists"), json.dumps(wanted))
    return PublishedLists(
        rows[0][0] if rows else None,
        {
            wanted[place]: PublishedList(algorithm, entries)
            for _, place, algorithm, entries in rows
            if entries is not None
        },
    )
