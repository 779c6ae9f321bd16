"""Copies of folders of the repository, prepared once per test run, so that nothing is written into the repository."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.services import RUN
from tests.services.shop import ROOT

CLIENTS = Path(__file__).parent
EXAMPLES = ROOT / "examples"
EVENT_CLIENT = ROOT / "clients" / "javascript"
INSTALL_SECONDS = 300


def prepared(folder: Path, *, kind: str, prepare: Callable[[Path], object]) -> Path:
    """Return a copy of the folder after `prepare`; the workers of a run share it.

    The client for events has the same place relative to the copy, because packages refer to it.
    """
    copy = RUN.root / kind / folder.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    with (copy.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (copy / "installed").exists():
            shutil.rmtree(copy, ignore_errors=True)
            for source in (folder, EVENT_CLIENT):
                shutil.copytree(
                    source,
                    RUN.root / kind / source.relative_to(ROOT),
                    ignore=shutil.ignore_patterns("node_modules"),
                    dirs_exist_ok=True,
                )
            prepare(copy)
            (copy / "installed").touch()
    return copy


def run(folder: Path, *command: str, environ: Mapping[str, str] | None = None) -> str:
    """Run a command in `folder` and return its output; fail with the output if the command fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout
