"""One training at a time: the lock of a registry, which also says who trains since when, and how far it is.

    models/.training    {"pid": 17, "host": "worker", "started_at": "2026-03-01T02:15:00+00:00",
                         "step": "measuring item_knn (choice)", "done": 2, "of": 19}

The system releases the lock when its holder exits, even if it is killed; what the file says is of the last
training then.
"""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from analytics_pipeline.locks import attempt
from ml.progress import Report

LOCK = ".training"


class TrainingRuns(RuntimeError):
    """Another process is training in this registry."""

    def __init__(self, facts: dict[str, object]) -> None:
        since, step = facts.get("started_at", "an unknown time"), facts.get("step", "starting")
        if "of" in facts:
            step = f"{step}; {facts.get('done')} of {facts['of']} steps are done"
        who = f"process {facts.get('pid', '?')} on {facts.get('host', '?')}"
        super().__init__(f"{who} has been training since {since} ({step}); try again when it has finished")
        self.facts = facts


@contextmanager
def training(root: Path, *, now: datetime) -> Iterator[Report]:
    """Hold the lock; yield a function that records the present step for others to read.

    Raises:
        TrainingRuns: another process holds it.
    """
    path = root / LOCK
    with attempt(path) as held:
        if not held:
            raise TrainingRuns(_read(path))
        facts = {"pid": os.getpid(), "host": socket.gethostname(), "started_at": now.isoformat()}

        def report(step: str, done: int, of: int) -> None:
            record({"step": step, "done": done, "of": of})

        def record(state: Mapping[str, object]) -> None:
            # In place, because the lock is on this file.
            path.write_text(json.dumps({**facts, **state}), encoding="utf-8")

        record({"step": "reading"})
        yield report


def _read(path: Path) -> dict[str, object]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        # Its holder is writing it.
        return {}
