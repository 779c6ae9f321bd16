"""A process that builds a generation of the search index, one batch at a time, so that a test can kill it."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Self

from tests.services.shop import ROOT, Shop

BATCH = 10
# The lease is short, so that the next build need not wait for it for long.
BUILD = f"""
import json, sys
from datetime import timedelta
import django
django.setup()
from django.utils import timezone
from backend.audit.actors import Actor
from backend.engines.index import engine
from backend.outbox import runner
from backend.search import projection
from backend.search.rebuilding import build
runner.LEASE, runner.RENEW_BELOW = timedelta(seconds=1), timedelta(seconds=0.5)
projection.SCAN_BATCH = {BATCH}
def wait(products):
    print(json.dumps(products), flush=True)
    sys.stdin.readline()
built = build(engine(), by=Actor.system("test"), clock=timezone.now, progress=wait)
print(json.dumps(built.name))
"""


class Builder:
    """A build that waits after each batch until the test lets it continue."""

    def __init__(self, shop: Shop) -> None:
        """Describe a build of this shop's index without starting it."""
        self._shop = shop
        self.written = 0
        """The number of products of the batches that this process wrote."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", BUILD],
            cwd=ROOT,
            env=self._shop.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._process.communicate()

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        self._process.kill()
        self._process.wait()

    def wait_for_batch(self) -> None:
        """Return once another batch is written."""
        written = self._said()
        assert isinstance(written, int), "the build ended before the batch"
        self.written += written

    def proceed(self) -> None:
        """Let the build continue with the next batch."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def finish(self) -> str:
        """Let the build continue to its end; return the name of the generation that serves."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None
        while isinstance(said := self._said(), int):
            self.written += said
        assert self._process.wait(timeout=60) == 0
        return said

    def _said(self) -> int | str:
        """Return the size of the next batch, or the name of the generation after the last one."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the build failed"
        said: int | str = json.loads(line)
        return said
