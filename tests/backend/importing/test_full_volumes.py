"""Imports on a full volume name it, and continue when it has space again."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from backend.catalog.models import Product
from backend.importing.full_volumes import full_volume
from backend.importing.management.commands.import_catalog import Command
from tests.backend.importing.written import table

ROWS = 1_200
HEADER = "sku,title,price,stock,description"


def a_catalogue(folder: Path) -> Path:
    rows = [[f"K-{number}", "Kettle", "89.00", "5", "Holds 1.5 litres. " * 40] for number in range(ROWS)]
    return table(folder / "catalogue.csv", HEADER, *rows)


def import_file(path: Path) -> None:
    call_command("import_catalog", str(path), format="csv", no_wait=True)


@contextmanager
def pages_left(pages: int) -> Iterator[None]:
    """Let SQLite's file grow by only this number of pages, as on a full volume."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        (used,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {used + pages}")
        yield
        cursor.execute("PRAGMA max_page_count = 1073741823")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pages", [0, 300], ids=["before the first chunk", "after the first chunk"])
def test_an_import_names_the_full_volume_and_continues_when_it_has_space(tmp_path: Path, pages: int) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a PostgreSQL of the tests can't be filled up")
    path = a_catalogue(tmp_path)
    with pages_left(pages), pytest.raises(CommandError) as stopped:
        import_file(path)

    message = str(stopped.value)
    assert f"the volume of the database {connection.settings_dict['NAME']} is full" in message
    assert "run the command again" in message
    stored = Product.objects.count()
    assert (stored > 0) == (pages > 0)
    assert stored < ROWS
    assert stored % Command.chunk_size == 0
    import_file(path)
    assert Product.objects.count() == ROWS


@pytest.mark.parametrize(
    ("error", "volume"),
    [
        (OSError(errno.ENOSPC, "No space left", "/srv/imports/a.csv"), "the folder /srv/imports/a.csv"),
        (OSError(errno.EDQUOT, "Quota exceeded", "/srv/imports/a.csv"), "the folder /srv/imports/a.csv"),
        (OSError(errno.EACCES, "Permission denied", "/srv/imports/a.csv"), None),
        (sqlite3.OperationalError("no such table: names"), None),
        (OperationalError("no such table: catalog_product"), None),
        (ValueError("No space left"), None),
    ],
    ids=repr,
)
def test_only_a_volume_without_space_is_named(error: Exception, volume: str | None) -> None:
    assert full_volume(error) == volume


def test_the_folder_of_temporary_files_is_named() -> None:
    store = sqlite3.connect("")
    store.executescript("CREATE TABLE names (name TEXT); PRAGMA max_page_count = 2;")
    with pytest.raises(sqlite3.OperationalError) as full:
        store.executemany("INSERT INTO names VALUES (?)", [("x" * 1_000,)] * 100)
    store.close()
    assert "TMPDIR" in str(full_volume(full.value))
