"""Create a virtual environment with exactly the packages of a lock file: `environment.py VENV LOCKFILE`.

`environment.py --add VENV LOCKFILE` adds packages to an environment, in which processes may be running, and
removes none.

Uses only the standard library, and syntax that older Python versions can parse, so that they can report that
they are too old. Installs with uv if it is available, otherwise with pip, which is slower. Every file is
checked against the lock file's hashes. After an interruption, run it again to finish.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 11)


class CannotInstall(Exception):
    """A prerequisite is missing; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Create the environment; return the exit code, 1 after printing an error to stderr."""
    adding = arguments[:1] == ["--add"]
    paths = arguments[adding:]
    if len(paths) != 2:
        sys.stderr.write("usage: environment.py [--add] VENV LOCKFILE\n")
        return 2
    try:
        make(Path(paths[0]), lock=Path(paths[1]), adding=adding)
    except CannotInstall as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def make(folder: Path, *, lock: Path, adding: bool = False) -> None:
    """Create or update the environment in `folder`, so that it has exactly the packages of `lock`.

    With `adding`, the environment must exist and keeps its other packages.

    Raises:
        CannotInstall: this Python is too old or incomplete, or a package could not be installed.
    """
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        wanted = ".".join(map(str, OLDEST))
        raise CannotInstall(
            f"Vitrine needs Python {wanted} or later, and {sys.executable} is {found}: "
            f"name a newer one, as in `make demo PYTHON=python{wanted}`"
        )
    if not lock.is_file():
        raise CannotInstall(f"there is no lock file {lock}")
    uv = working_uv()
    try:
        if uv is not None:
            with_uv(uv, folder, lock=lock, adding=adding)
            return
        sys.stderr.write("uv is not available; installing with pip, which takes some minutes\n")
    except CannotInstall:
        # uv has its own certificates and settings, so pip may reach an index that uv can't.
        sys.stderr.write("uv could not install; trying pip, which takes some minutes\n")
    with_pip(folder, lock=lock, adding=adding)


def working_uv() -> str | None:
    """Return the path of a uv that runs; version managers may leave broken shims on the PATH."""
    path = shutil.which("uv")
    if path is None:
        return None
    result = subprocess.run([path, "--version"], capture_output=True, check=False)
    return path if result.returncode == 0 else None


def with_uv(uv: str, folder: Path, *, lock: Path, adding: bool) -> None:
    """Install with uv, which also removes packages that are not in the lock file, unless `adding`."""
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=False, symlinks=True)
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    environment.pop("VIRTUAL_ENV", None)
    options = ["--python", str(folder / "bin" / "python"), "--require-hashes", "--compile-bytecode"]
    action = ["install", *options, "--no-deps", "-r"] if adding else ["sync", *options]
    run([uv, "pip", *action, str(lock)], environment)


def with_pip(folder: Path, *, lock: Path, adding: bool) -> None:
    """Install with pip, unless `adding` into a new environment, because pip doesn't remove packages."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian packages it separately
    except ImportError:
        raise CannotInstall(
            f"{sys.executable} has no ensurepip: install it (Debian: apt install python3-venv), or uv"
        ) from None
    # An environment that uv created has no pip; this adds it.
    venv.create(folder, clear=not adding, with_pip=True, symlinks=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--no-deps", "--require-hashes"]
    run(
        [*command, "--disable-pip-version-check", "--progress-bar", "off", "-q", "-r", str(lock)], environment
    )


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run an installer; its output goes to the terminal.

    Raises:
        CannotInstall: it failed.
    """
    result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    if result.returncode != 0:
        raise CannotInstall(f"{command[0]} could not install {command[-1]}; see its message above")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
