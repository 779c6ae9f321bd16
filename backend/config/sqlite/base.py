"""Django's SQLite backend with private permissions for the file and its folder."""

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

_FOR_OTHERS = 0o077


class DatabaseWrapper(base.DatabaseWrapper):
    """Creates the file at the first connection, so that importing the settings writes nothing to disk."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; SQLite creates its other files with the mode of the database file."""
        name = str(conn_params["database"])
        if not name.startswith("file:") and name != ":memory:":
            _keep_private(Path(name))
        return super().get_new_connection(conn_params)


def _keep_private(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        return
    if mode & _FOR_OTHERS:
        path.chmod(mode & ~_FOR_OTHERS)
