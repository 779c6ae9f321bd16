"""The web process of a shop, as its supervisor runs it, for the duration of a benchmark."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

from analytics_pipeline.embedded.endpoints import free_port
from backend.config.supervision import Listen, web

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class WebProcess:
    """A process that listens on `port` of the loopback interface."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"http://{HOST}:{self.port}"


@contextmanager
def web_process(environ: Mapping[str, str]) -> Iterator[WebProcess]:
    """Serve with `environ` in addition to this process's variables; stop at the end of the block.

    Raises:
        TimeoutError: the process doesn't respond within a minute.
    """
    listen = Listen.of(HOST, free_port())
    command = web(listen)[0].command
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, stdin=subprocess.DEVNULL)
    served = WebProcess(listen.port, process.pid)
    try:
        _wait(served, process)
        yield served
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(served: WebProcess, process: "subprocess.Popen[bytes]") -> None:
    """Return once the process responds to a request, with any status."""
    deadline = time.monotonic() + START_SECONDS
    with urllib3.PoolManager(retries=False, timeout=5.0) as http:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                http.request("GET", f"{served.url}/api/health/live/")
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)
            else:
                return
    raise TimeoutError(f"the web process does not respond (exit code {process.poll()})")
