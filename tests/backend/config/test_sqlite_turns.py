"""Writers of a database file of SQLite take turns."""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from backend.api.error_handling import handle
from backend.config.databases import databases
from backend.config.environment import Variables

# Takes some milliseconds, in which the write lock is held.
WORK = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT max(i) FROM n"
INSERT = "INSERT INTO counts VALUES ('other')"
MANY = 1_000
ROUNDS = 20


def connection_to(folder: Path, *, is_web: bool = False) -> BaseDatabaseWrapper:
    connection = ConnectionHandler(databases(Variables({}), home=folder, is_web=is_web))["default"]
    connection.inc_thread_sharing()
    return connection


@pytest.fixture
def connection(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[BaseDatabaseWrapper]:
    """A connection to a file with the table `counts`."""
    with django_db_blocker.unblock(), closing(connection_to(tmp_path)) as connection:
        connection.cursor().execute("CREATE TABLE counts (writer TEXT)")
        yield connection


class Busy:
    """Calls `write` again and again without a pause, in a thread, until the block ends or MANY calls were made."""

    def __init__(self, write: Callable[[], None]) -> None:
        self.write, self.done = write, 0
        self._is_running, self._stop = threading.Event(), threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._repeat)
        thread.start()
        try:
            assert self._is_running.wait(30)
            yield
        finally:
            self._stop.set()
            thread.join()

    def _repeat(self) -> None:
        while not self._stop.is_set() and self.done < MANY:
            self.write()
            self.done += 1
            self._is_running.set()


@pytest.mark.parametrize(
    "statements",
    [("BEGIN IMMEDIATE", INSERT, "COMMIT"), (INSERT,)],
    ids=["transaction", "statement"],
)
def test_a_writer_that_makes_no_pause_lets_others_write(
    connection: BaseDatabaseWrapper, tmp_path: Path, statements: tuple[str, ...]
) -> None:
    def write() -> None:
        with other.cursor() as cursor:
            for each in ("BEGIN IMMEDIATE", "INSERT INTO counts VALUES ('busy')", WORK, "COMMIT"):
                cursor.execute(each)

    with closing(connection_to(tmp_path)) as other:
        busy = Busy(write)
        with busy.running():
            before = busy.done
            for each in statements * ROUNDS:
                connection.cursor().execute(each)
            after = busy.done

    assert (after - before) / ROUNDS <= 10, (
        "it waits for the transaction that it finds, and for the next turn"
    )
    assert after < MANY, "the other writer went on until then"


def test_a_turn_that_does_not_end_is_a_database_that_is_not_available(
    connection: BaseDatabaseWrapper, tmp_path: Path
) -> None:
    connection.settings_dict["OPTIONS"]["timeout"] = 0.05
    connection.close()
    file = os.open(tmp_path / "db.sqlite3-turn", os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_EX)

    with pytest.raises(OperationalError) as refused:
        connection.cursor().execute("INSERT INTO counts VALUES ('first')")

    response = handle(refused.value, {})
    assert response is not None
    assert response.data["code"] == "database_unavailable"
    os.close(file)
    connection.cursor().execute("INSERT INTO counts VALUES ('second')")
    assert connection.cursor().execute("SELECT writer FROM counts").fetchall() == [("second",)]


def test_the_file_of_turns_is_private_and_closed_with_its_connection(
    connection: BaseDatabaseWrapper, tmp_path: Path
) -> None:
    connection.cursor().execute("INSERT INTO counts VALUES ('first')")
    assert (tmp_path / "db.sqlite3-turn").stat().st_mode & 0o777 == 0o600

    connection.close()

    opened = {each.resolve().name for each in Path("/proc/self/fd").iterdir()}
    assert "db.sqlite3-turn" not in opened
