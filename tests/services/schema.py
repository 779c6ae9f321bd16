"""The schema of a shop's database, copied from one that was migrated before, because migrations take seconds."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from analytics_pipeline import locks
from tests.services import RUN, postgresql
from tests.services.shop import Shop


def migrate(shop: Shop) -> None:
    """Give the shop's empty database the current schema, as `manage.py migrate` does."""
    url = urlsplit(shop.environ.get("DATABASE_URL", ""))
    if not url.netloc:
        copy_migrated_file(shop.home / "db.sqlite3")
    elif url.netloc == urlsplit(RUN.database_url).netloc:
        postgresql.fresh_database(RUN.database_url, name=url.path[1:], template=migrated_database())
    else:
        shop.manage("migrate", "-v0")


def copy_migrated_file(target: Path) -> None:
    """Create an SQLite database with the current schema."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.touch(mode=0o600)
    with closing(sqlite3.connect(_migrated_file())) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)


def _migrated_file() -> Path:
    """Return the database file that all workers of this run copy."""
    home = RUN.root / "migrated"
    done = home / "done"
    with locks.exclusive(RUN.root / "migrated.lock"):
        if not done.exists():
            Shop(home, environ={}).manage("migrate", "-v0")
            done.touch()
    return home / "db.sqlite3"


@cache
def migrated_database() -> str:
    """Return the name of a PostgreSQL database of this worker with the current schema, to be used as a template."""
    name = f"{RUN.root.name}_{RUN.worker or 'main'}_migrated".replace("-", "_").lower()
    url = postgresql.fresh_database(RUN.database_url, name=name)
    Shop(RUN.home / "migrated", environ={"DATABASE_URL": url}).manage("migrate", "-v0")
    return name
