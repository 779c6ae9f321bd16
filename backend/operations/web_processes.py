"""Tracks running web processes: each creates a file once its application is loaded."""

import os
from collections.abc import Mapping
from pathlib import Path

from backend.operations.health import Unhealthy

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX = "web-"


def announce() -> None:
    """Record that this process serves requests, if the environment names a folder for it.

    Granian listens before it loads the application, so a recorded process accepts connections.
    """
    if folder := os.environ.get(FOLDER):
        (Path(folder) / f"{_PREFIX}{os.getpid()}").touch()


def check() -> Mapping[str, object]:
    """Return how many web processes are running.

    Raises:
        Unhealthy: there is none.
    """
    files = Path(os.environ[FOLDER]).glob(f"{_PREFIX}*")
    processes = sum(_is_alive(int(file.name.removeprefix(_PREFIX))) for file in files)
    if not processes:
        raise Unhealthy("no web process is running", "Read the log of the process `web`.")
    return {"processes": processes}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
