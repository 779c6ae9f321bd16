"""Checks the free space on the volumes that the shop writes to."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.operations.health import Unhealthy

LEAST_FREE_MEGABYTES = 200
REMEDY = "Free space on the volume or enlarge it. No accepted data is lost."
_MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Storage:
    """Checks the volumes of `folders` (by name); `free` returns the bytes that this user can still write."""

    folders: Mapping[str, Path]
    free: Callable[[Path], int]

    def check(self) -> Mapping[str, object]:
        """Return the free megabytes on each volume.

        Raises:
            Unhealthy: a volume has less than LEAST_FREE_MEGABYTES; names it.
        """
        left = {name: self.free(folder) // _MEGABYTE for name, folder in self.folders.items()}
        full = {name: size for name, size in left.items() if size < LEAST_FREE_MEGABYTES}
        if full:
            named = ", ".join(
                f"{name} ({self.folders[name]}) has {size} MB left" for name, size in full.items()
            )
            raise Unhealthy(named, REMEDY)
        return {f"{name}_free_megabytes": size for name, size in left.items()}


def free_bytes(folder: Path) -> int:
    """Return how many bytes this user can still write to the volume of `folder`."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
