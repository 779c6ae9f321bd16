"""The environment is made by a script that runs before anything is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def make(*arguments: str, path: str | None = None) -> tuple[int, str]:
    """The exit code and what was said on standard error."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "environment.py"), *arguments],
        env={**os.environ, "PATH": path or os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.fixture
def empty_lock(tmp_path: Path) -> Path:
    lock = tmp_path / "empty.lock"
    lock.write_text("# nothing\n")
    return lock


@pytest.fixture
def dead_uv(tmp_path: Path) -> str:
    """A PATH whose uv is a stand-in that doesn't run, as version managers leave them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "uv").write_text("#!/bin/sh\necho 'uv: command not found' >&2\nexit 127\n")
    (folder / "uv").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_a_missing_lock_is_one_line(tmp_path: Path) -> None:
    code, said = make(str(tmp_path / "venv"), str(tmp_path / "none.lock"))

    assert code == 1
    assert said == f"there is no lock file {tmp_path / 'none.lock'}\n"


def test_a_uv_that_does_not_run_leaves_it_to_pip(tmp_path: Path, empty_lock: Path, dead_uv: str) -> None:
    code, said = make(str(tmp_path / "venv"), str(empty_lock), path=dead_uv)

    assert "uv is not available, so pip installs" in said
    assert code == 0, said
    assert (tmp_path / "venv" / "bin" / "pip").exists()


def test_what_is_not_in_the_lock_is_gone_after_a_second_run(
    tmp_path: Path, empty_lock: Path, dead_uv: str
) -> None:
    make(str(tmp_path / "venv"), str(empty_lock), path=dead_uv)
    stray = next((tmp_path / "venv" / "lib").glob("python*/site-packages")) / "stray.py"
    stray.touch()

    code, _ = make(str(tmp_path / "venv"), str(empty_lock), path=dead_uv)

    assert code == 0
    assert not stray.exists()


def test_a_package_without_a_hash_is_refused(tmp_path: Path, dead_uv: str) -> None:
    lock = tmp_path / "bare.lock"
    lock.write_text("six==1.17.0\n")

    code, said = make(str(tmp_path / "venv"), str(lock), path=dead_uv)

    assert code == 1
    assert "could not install" in said
