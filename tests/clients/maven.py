"""Folders with a pom.xml: their libraries are fetched, and their programs compiled, once a run."""

import fcntl
import shutil
import subprocess
from pathlib import Path

from tests.services import RUN

CLIENTS = Path(__file__).parent
INSTALL_SECONDS = 300


def installed(name: str) -> Path:
    """Return a copy of the folder `name` of tests/clients compiled, with its libraries in `lib`.

    The copy belongs to the run and is shared by its workers; nothing is written beside the tests.
    """
    copy = RUN.root / "maven" / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    with (copy.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (copy / "installed").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(CLIENTS / name, copy)
            _run(
                copy,
                "mvn",
                "--quiet",
                "--batch-mode",
                "dependency:copy-dependencies",
                "-DoutputDirectory=lib",
            )
            _run(copy, "javac", "-cp", "lib/*", *(path.name for path in copy.glob("*.java")))
            (copy / "installed").touch()
    return copy


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
