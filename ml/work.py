"""Finished measurements of a training that was interrupted, so that the next one goes on from there.

    models/.work/FINGERPRINT/DIGEST.json    a measurement, with what it depends on

FINGERPRINT is that of the data. A measurement also depends on the recipe and its parameters, the split, the
source of `ml` and of plugins, and the packages; any difference makes it another file. No file has a key of a
shopper: the metrics of test users are in the order of the data. The folder is deleted when the version is
registered, and if the data have changed.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ml import environment
from ml.contest import Candidate, Measurement
from ml.diversity_choice import Diversity
from ml.gates import Ranked
from ml.metrics import Metrics
from ml.models.library import create
from ml.product_pages import Pages

FOLDER = ".work"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Work:
    """The measurements of one training; `step` is called with the name of each before it is made.

    Without a `folder` nothing is kept. `release` says what all measurements depend on.
    """

    folder: Path | None = None
    release: str = ""
    step: Progress = field(default=lambda _: None)

    def measurements(
        self, part: str, candidate: Candidate, measure: Callable[[], list[Measurement]]
    ) -> list[Measurement]:
        """Return what an interrupted training measured for a part of the log, or measure and keep it."""
        self.step(f"measuring {candidate.label} ({part})")
        key = {"part": part, **candidate.as_dict()}
        found = self._kept(key, lambda: [_stored(one) for one in measure()])
        return [_restored(one, asked=candidate) for one in found]

    def of_hybrid(
        self, hybrid: Candidate, measure: Callable[[], tuple[Pages, Diversity]]
    ) -> tuple[Pages, Diversity]:
        """Return what an interrupted training chose for the hybrid's lists, or choose and keep it."""
        self.step("measuring product pages and diversity")

        def plain() -> Mapping[str, Any]:
            pages, diversity = measure()
            return {"pages": pages.as_dict(), "diversity": msgspec.to_builtins(diversity)}

        found = self._kept({"part": "lists of the hybrid", **hybrid.as_dict()}, plain)
        return Pages(**found["pages"]), msgspec.convert(found["diversity"], Diversity)

    def _kept(self, key: Mapping[str, Any], compute: Callable[[], Any]) -> Any:
        # Through JSON in any case, so that a resumed training computes with the same numbers.
        name = json.dumps({**key, "release": self.release}, sort_keys=True)
        if self.folder is None:
            return json.loads(json.dumps(compute()))
        path = self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"
        try:
            return json.loads(path.read_text(encoding="utf-8"))["found"]
        except (OSError, ValueError, KeyError, TypeError):
            # It isn't there, or can't be read: it is measured again.
            found = json.loads(json.dumps(compute()))
        _write(path, {**key, "found": found})
        return found


def work_of(root: Path, *, fingerprint: str, plugins: Sequence[str] = (), step: Progress) -> Work:
    """Return the work on these data; delete that on other data.

    Only the holder of the training lock may call it.
    """
    folder = root / FOLDER / fingerprint
    delete_work(root, but=folder)
    return Work(folder, release(plugins), step)


def delete_work(root: Path, *, but: Path | None = None) -> None:
    """Delete what is kept of trainings, except for one folder."""
    parent = root / FOLDER
    for path in parent.iterdir() if parent.is_dir() else ():
        if path != but:
            shutil.rmtree(path, ignore_errors=True)
    if but is None:
        shutil.rmtree(parent, ignore_errors=True)


def release(plugins: Sequence[str]) -> str:
    """Return the SHA-256 of what every measurement depends on beside data and recipes."""
    described = environment.described()
    files = [_file_digest(sys.modules[name].__file__) for name in plugins if name in sys.modules]
    facts = [described[name] for name in ("commit", "source_sha256", "python", "machine", "packages")]
    return hashlib.sha256(json.dumps([*facts, *files], sort_keys=True).encode()).hexdigest()


def _file_digest(path: str | None) -> str:
    return "" if path is None else hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _write(path: Path, record: Mapping[str, Any]) -> None:
    """Write the record, so that a reader finds all of it or nothing whenever this process is killed."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replacement = path.with_suffix(".writing")
    with replacement.open("w", encoding="utf-8") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    replacement.replace(path)


def _stored(one: Measurement) -> Mapping[str, Any]:
    return {
        **one.candidate.as_dict(),
        "metrics": {name: getattr(one.metrics, name) for name in Metrics.__dataclass_fields__},
        "seconds": one.seconds,
        "values": one.ranked.values.tolist(),
        "covered": one.ranked.covered,
        "part": one.part,
    }


def _restored(record: Mapping[str, Any], *, asked: Candidate) -> Measurement:
    """Return a measurement; its candidate is the one that was asked for, or a blend with it."""
    same = all(record[name] == value for name, value in json.loads(json.dumps(asked.as_dict())).items())
    made = Candidate(create(record["name"], record["parameters"]), record["half_life_days"])
    return Measurement(
        asked if same else made,
        Metrics(**record["metrics"]),
        record["seconds"],
        Ranked(np.array(record["values"], np.float64), record["covered"]),
        record["part"],
    )
