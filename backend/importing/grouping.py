"""Groups the rows of a file by a key, in whatever order they are, with little memory."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import itemgetter
from typing import TypeVar

import msgspec

from backend.importing.outcomes import Refused
from backend.importing.rows import Kind, Row

Item = TypeVar("Item")

BATCH = 1_000
CACHE_KILOBYTES = 8_192
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Row).decode

TABLES = """
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE members (name_id INTEGER NOT NULL, row BLOB NOT NULL);
CREATE TABLE seen (identity TEXT PRIMARY KEY) WITHOUT ROWID;
"""
ADD_NAME = "INSERT OR IGNORE INTO names (name) VALUES (?)"
ADD_MEMBER = "INSERT INTO members SELECT id, ? FROM names WHERE name = ?"
ADD_SEEN = "INSERT OR IGNORE INTO seen VALUES (?)"
INDEX = "CREATE INDEX members_by_name ON members (name_id)"
MEMBERS = "SELECT name_id, row FROM members ORDER BY name_id, rowid"


@dataclass(frozen=True, slots=True)
class Unique:
    """A value that only one row may have; later rows with it are refused with the reason `repeated`."""

    identity: Callable[[Row], str]
    repeated: str


def grouped(
    rows: Iterable[Row | Refused], *, key: Callable[[Row], str], unique: Unique | None = None
) -> Iterator[list[Row] | Refused]:
    """Yield the refused rows, then the rows with the same key together, in the order of their first rows.

    The rows are kept in a temporary database on disk, which is about as large as the file.
    """
    # With an empty name SQLite creates a file that it deletes when the connection is closed. After an error
    # in the caller, the garbage collector closes it, perhaps in another thread.
    store = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        store.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        store.execute("PRAGMA journal_mode = OFF")
        store.executescript(TABLES)
        yield from _stored(rows, key=key, unique=unique, store=store)
        store.execute(INDEX)
        for _, members in groupby(store.execute(MEMBERS), key=itemgetter(0)):
            yield [_decode(row) for _, row in members]
    finally:
        store.close()


def _stored(
    rows: Iterable[Row | Refused],
    *,
    key: Callable[[Row], str],
    unique: Unique | None,
    store: sqlite3.Connection,
) -> Iterator[Refused]:
    """Store the rows and yield the refused ones."""
    for batch in batched(rows, BATCH):
        yield from (row for row in batch if isinstance(row, Refused))
        kept = [row for row in batch if isinstance(row, Row)]
        store.execute("BEGIN")
        if unique is not None:
            kept = [_checked(row, unique=unique, store=store) for row in kept]
        store.executemany(ADD_NAME, ((key(row),) for row in kept))
        store.executemany(ADD_MEMBER, ((_encode(row), key(row)) for row in kept))
        store.execute("COMMIT")


def _checked(row: Row, *, unique: Unique, store: sqlite3.Connection) -> Row:
    identity = unique.identity(row)
    if row.fault or row.kind is not Kind.VARIANT or not identity:
        return row
    is_new = store.execute(ADD_SEEN, (identity,)).rowcount
    return row if is_new else replace(row, fault=unique.repeated)


def batched(rows: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the rows in lists of `size`."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch
