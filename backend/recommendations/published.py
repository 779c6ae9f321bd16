"""The lists of the version that serves, by their keys."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.db import connection

from backend.api.compiled_queries import fetch_rows
from backend.api.statements import statement
from backend.recommendations.serving import CACHE
from ml.diversity import Kinds
from ml.mapped_lists import MappedLists
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
    """A published list, which is read when it is used."""

    algorithm: str
    scored: Callable[[], list[Scored]]
    """Return the entries, best first."""


@dataclass(frozen=True, slots=True)
class PublishedLists:
    """The serving version, None without one, and its lists by the keys that were asked for.

    `kinds` and `diversity` are those of the version (`Serving`).
    """

    version: str | None
    by_key: Mapping[Key, PublishedList]
    kinds: Kinds = field(default_factory=Kinds)
    diversity: float = 0.0


def published_lists(wanted: Sequence[Key]) -> PublishedLists:
    """Return the serving version with the wanted lists, one at least; empty lists are left out."""
    serving = CACHE.current()
    if serving.lists is None:
        return _from_rows(wanted)
    lists = serving.lists
    found = ((key, _mapped(lists, key)) for key in wanted)
    by_key = {key: one for key, one in found if one is not None}
    return PublishedLists(serving.version, by_key, serving.kinds, serving.diversity)


def _mapped(lists: Mapping[str, MappedLists], key: Key) -> PublishedList | None:
    for algorithm in (key.algorithm, key.otherwise):
        file = lists.get(f"{key.audience}.{algorithm}")
        if file is not None and (place := file.place(key.subject)) is not None:
            return PublishedList(algorithm, partial(file.at, place))
    return None


def _from_rows(wanted: Sequence[Key]) -> PublishedLists:
    """Return the same for a version whose lists an earlier release loaded as rows."""
    rows = fetch_rows(connection, statement(SQL, "lists"), json.dumps(wanted))
    return PublishedLists(
        rows[0][0] if rows else None,
        {
            wanted[place]: PublishedList(algorithm, partial(_ENTRIES.decode, entries))
            for _, place, algorithm, entries in rows
            if entries is not None
        },
    )
