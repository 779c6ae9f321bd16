"""SQL statements in files, for queries that the ORM compiles too slowly or can't express."""

from functools import cache
from pathlib import Path

from django.db import connection


def statement(folder: Path, name: str) -> str:
    """Return the statement `name` in the folder: of `name.sql`, or else of the file for the database."""
    return _read(folder, name, connection.vendor)


@cache
def _read(folder: Path, name: str, vendor: str) -> str:
    shared = folder / f"{name}.sql"
    return (shared if shared.exists() else folder / f"{name}.{vendor}.sql").read_text()
