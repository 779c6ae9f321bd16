"""The schema of a shop's database, copied from one that was migrated before, because migrations take seconds."""

import os
import sqlite3
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from analytics_pipeline import locks
from tests.services import RUN, postgresql
from tests.services.shop import ROOT, Shop

KEPT = ROOT / ".pytest_cache" / "migrated"
"""The migrated SQLite database, which later runs copy, too, until a file changes that decides the schema."""
DECIDING = (
    "backend/*/migrations/*.py",
    "backend/api/*.py",
    "backend/*/models*",
    "requirements/development.lock",
)


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
    # Nothing writes to it, so no locks are needed; SQLite would make files for them beside it.
    _copy(_migrated_file(), target, mode="immutable=1")


def _copy(source: Path, target: Path, *, mode: str) -> None:
    opened = sqlite3.connect(f"{source.as_uri()}?{mode}", uri=True)
    with closing(opened) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)


def _migrated_file() -> Path:
    """Return the database file that all workers of this run copy."""
    kept = KEPT / f"{_fingerprint()}.sqlite3"
    with locks.exclusive(RUN.root / "migrated.lock"):
        if not kept.exists():
            home = RUN.root / "migrated"
            Shop(home, environ={}).manage("migrate", "-v0")
            KEPT.mkdir(parents=True, exist_ok=True)
            for outdated in KEPT.iterdir():
                outdated.unlink()
            partial = KEPT / f"{os.getpid()}.partial"
            _copy(home / "db.sqlite3", partial, mode="mode=ro")
            partial.replace(kept)
    return kept


@cache
def _fingerprint() -> str:
    """Return a digest of the files that decide what `manage.py migrate` does."""
    paths = sorted(path for pattern in DECIDING for path in ROOT.glob(pattern) if path.is_file())
    digest = sha256()
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@cache
def migrated_database() -> str:
    """Return the name of a PostgreSQL database of this worker with the current schema, to be used as a template."""
    name = f"{RUN.root.name}_{RUN.worker or 'main'}_migrated".replace("-", "_").lower()
    url = postgresql.fresh_database(RUN.database_url, name=name)
    Shop(RUN.home / "migrated", environ={"DATABASE_URL": url}).manage("migrate", "-v0")
    return name
