"""SQL statements in files, for queries that the ORM compiles too slowly or can't express."""

from functools import cache
from pathlib import Path

from django.db import connection


def statement(folder: Path, name: str) -> str:
    """Return the SQL in `<name>.sql` if the folder has that file, otherwise in `<name>.<vendor>.sql`."""
    return _read(folder, name, connection.vendor)


@cache
def _read(folder: Path, name: str, vendor: str) -> str:
    shared = folder / f"{name}.sql"
    return (shared if shared.exists() else folder / f"{name}.{vendor}.sql").read_text()
