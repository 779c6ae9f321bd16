"""The backend: Django's, with the file and its folder created for the owner alone."""

from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

_FOR_OTHERS = 0o077


class DatabaseWrapper(base.DatabaseWrapper):
    """Creates the file when it is first connected to, so that importing the settings touches no disk."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; SQLite gives its own further files the mode of this one."""
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
