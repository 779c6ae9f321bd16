"""A temporarily unavailable database is a 503 with Retry-After; other database errors are a 500."""

import errno
import sqlite3
from pathlib import Path

import psycopg
import psycopg_pool
import pytest
from django.db import OperationalError

from backend.api.error_handling import handle
from backend.api.errors import translated


def caused_by(cause: Exception) -> OperationalError:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


def locked(path: Path) -> Exception:
    with sqlite3.connect(path) as first, sqlite3.connect(path, timeout=0) as second:
        first.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as found:
            second.execute("BEGIN EXCLUSIVE")
    return found.value


def full(path: Path) -> Exception:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as found:
            connection.execute("CREATE TABLE big AS SELECT randomblob(100000)")
    return found.value


def missing_table(path: Path) -> Exception:
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.OperationalError) as found:
        connection.execute("SELECT * FROM nothing")
    return found.value


@pytest.mark.parametrize(
    ("make", "code"),
    [(locked, "database_unavailable"), (full, "storage_full"), (missing_table, "none")],
    ids=["locked", "full", "missing table"],
)
def test_errors_of_sqlite_are_translated(make: object, code: str, tmp_path: Path) -> None:
    error = caused_by(make(tmp_path / "db"))  # type: ignore[operator]

    response = handle(error, {})

    assert (response is None) == (code == "none"), "a missing table must stay a 500"
    if response is not None:
        assert (response.status_code, response.data["code"]) == (503, code)
        assert response.headers["Retry-After"]


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (psycopg.OperationalError("connection to 10.0.0.7 refused"), "database_unavailable"),
        (psycopg_pool.PoolTimeout("no connection within 3 seconds"), "database_unavailable"),
        (psycopg.errors.QueryCanceled("statement timeout"), "database_unavailable"),
        (psycopg.errors.LockNotAvailable("lock timeout"), "database_unavailable"),
        (psycopg.errors.DiskFull("could not extend file"), "storage_full"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_of_postgresql_are_translated(cause: Exception, code: str) -> None:
    response = handle(caused_by(cause), {})

    assert response is not None
    assert (response.status_code, response.data["code"]) == (503, code)
    assert "10.0.0.7" not in str(response.data)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_volume_is_a_503(number: int) -> None:
    response = handle(OSError(number, "full"), {})

    assert response is not None
    assert response.data["code"] == "storage_full"


def test_other_operating_system_errors_are_not_translated() -> None:
    error = FileNotFoundError(errno.ENOENT, "missing")

    assert translated(error) is error
