"""Folders with a package.json: installed from their lock, once a run."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tests.services import RUN

CLIENTS = Path(__file__).parent
INSTALL_SECONDS = 300


def installed(name: str) -> Path:
    """Return a copy of the folder `name` of tests/clients with its packages installed.

    The copy belongs to the run and is shared by its workers; nothing is written beside the tests.
    """
    copy = RUN.root / "npm" / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    with (copy.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (copy / "installed").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(CLIENTS / name, copy, ignore=shutil.ignore_patterns("node_modules"))
            npm(copy, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
            (copy / "installed").touch()
    return copy


def npm(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> str:
    """Run npm in `folder`; return what it wrote, and fail with that when it fails."""
    done = subprocess.run(
        ["npm", *arguments],
        cwd=folder,
        env={**os.environ, "CI": "true", **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"npm {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout
