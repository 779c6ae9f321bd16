"""The script that creates the virtual environment, which runs before anything is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def run_script(*arguments: str, path: str | None = None) -> tuple[int, str]:
    """Run the script; return its exit code and standard error."""
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
def path_with_broken_uv(tmp_path: Path) -> str:
    """A PATH with a uv that fails, like the stubs that version managers install."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "uv").write_text("#!/bin/sh\necho 'uv: command not found' >&2\nexit 127\n")
    (folder / "uv").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_a_missing_lock_is_reported_in_one_line(tmp_path: Path) -> None:
    code, error = run_script(str(tmp_path / "venv"), str(tmp_path / "none.lock"))

    assert code == 1
    assert error == f"there is no lock file {tmp_path / 'none.lock'}\n"


def test_pip_installs_if_uv_does_not_run(tmp_path: Path, empty_lock: Path, path_with_broken_uv: str) -> None:
    code, error = run_script(str(tmp_path / "venv"), str(empty_lock), path=path_with_broken_uv)

    assert "uv is not available; installing with pip" in error
    assert code == 0, error
    assert (tmp_path / "venv" / "bin" / "pip").exists()


def test_a_second_run_removes_files_of_packages_that_are_not_in_the_lock_and_adding_keeps_them(
    tmp_path: Path, empty_lock: Path, path_with_broken_uv: str
) -> None:
    run_script(str(tmp_path / "venv"), str(empty_lock), path=path_with_broken_uv)
    stray = next((tmp_path / "venv" / "lib").glob("python*/site-packages")) / "stray.py"
    stray.touch()

    code, error = run_script("--add", str(tmp_path / "venv"), str(empty_lock), path=path_with_broken_uv)

    assert code == 0, error
    assert stray.exists()

    code, _ = run_script(str(tmp_path / "venv"), str(empty_lock), path=path_with_broken_uv)

    assert code == 0
    assert not stray.exists()


def test_a_package_without_a_hash_is_refused(tmp_path: Path, path_with_broken_uv: str) -> None:
    lock = tmp_path / "bare.lock"
    lock.write_text("six==1.17.0\n")

    code, error = run_script(str(tmp_path / "venv"), str(lock), path=path_with_broken_uv)

    assert code == 1
    assert "could not install" in error
