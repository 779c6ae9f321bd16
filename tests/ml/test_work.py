"""A training that is killed and goes on makes the same version as one that isn't."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from ml import environment, work
from ml.contest import Candidate, Measurement
from ml.diversity_choice import Diversity, Tried
from ml.gates import Ranked
from ml.metrics import Metrics
from ml.models.item_knn import ItemKnn
from ml.orders import Orders
from ml.product_pages import Pages
from ml.registry import Registry, Version
from ml.train import train
from ml.training_data import TrainingData
from ml.work import FOLDER, work_of
from tests.ml.planted import planted_catalogue
from tests.ml.planted_log import PRODUCTS, planted_log

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
# Trains, and is killed when so many measurements are finished.
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.ml.test_work import NOW, data
from ml.registry import Registry
from ml.train import train

left = int(sys.argv[2])

def on_step(name, done, of):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1

train(data(), registry=Registry(Path(sys.argv[1])), now=NOW, on_step=on_step)
"""


def data() -> TrainingData:
    log = planted_log(users=120)
    places = np.arange(len(log))
    known = np.ones(len(log), dtype=bool)
    orders = Orders(places // 3, log.items, log.times[places // 3 * 3], (places // 3).astype("S"), known)
    return TrainingData(log, planted_catalogue(PRODUCTS), NOW, log, orders=orders)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return train(data(), registry=Registry(tmp_path_factory.mktemp("models")), now=NOW)


def killed(root: Path, *, after: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(root), str(after)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL


def kept(root: Path) -> list[Path]:
    return sorted((root / FOLDER).glob("*/*.json"))


@pytest.mark.parametrize("after", [1, 9, 15])
def test_a_killed_training_goes_on_with_what_it_measured(
    uninterrupted: Version, tmp_path: Path, after: int
) -> None:
    killed(tmp_path, after=after)
    assert len(kept(tmp_path)) == after
    # What a measurement took is not known again, so that it shows what was measured before the kill.
    for path in kept(tmp_path):
        record = json.loads(path.read_text())
        for one in record["found"] if isinstance(record["found"], list) else []:
            one["seconds"] = 1_234.5
        path.write_text(json.dumps(record))
    steps: list[tuple[str, int, int]] = []

    version = train(data(), registry=Registry(tmp_path), now=NOW, on_step=lambda *step: steps.append(step))

    assert version.manifest["lists"] == uninterrupted.manifest["lists"], "files with the same checksums"
    for name in ("chosen", "product_pages", "diversity", "by_segment", "split_at"):
        assert version.manifest[name] == uninterrupted.manifest[name]
    found, expected = (
        # The time of a look-up is measured anew.
        [one for one in each.manifest["verdicts"] if one["gate"] != "budgets"]
        for each in (version, uninterrupted)
    )
    assert found == expected
    reused = [one["seconds"] == 1_234.5 for one in version.manifest["measured"]]
    # Nine recipes, then three blends in one step.
    assert sum(reused) == (after if after <= 9 else 12)
    assert not (tmp_path / FOLDER).exists(), "a registered version needs it no more"
    assert [done for _, done, _ in steps] == sorted({done for _, done, _ in steps})
    assert steps[-1] == ("writing the version", steps[-1][2] - 1, steps[-1][2])


def test_other_data_delete_the_work_and_are_measured_anew(tmp_path: Path) -> None:
    killed(tmp_path, after=3)
    (before,) = (tmp_path / FOLDER).iterdir()
    other = data()
    other.log.weights[0] = 2

    found: list[bool] = []
    train(
        other,
        registry=Registry(tmp_path),
        now=NOW,
        on_step=lambda *_: found.append(before.exists()),
    )

    assert not any(found)


def test_another_release_or_parameter_measures_anew_and_a_damaged_file_does(tmp_path: Path) -> None:
    calls: list[str] = []
    candidate = Candidate(ItemKnn(), half_life_days=30)
    work = work_of(tmp_path, fingerprint="f1", step=lambda _: None)

    def measured(name: str, one: Candidate = candidate) -> list[Measurement]:
        calls.append(name)
        return [
            Measurement(
                one, Metrics(20, 2, 0.5, 0.1 + 0.2, 0, 1), 1.5, Ranked(np.array([0.1, 0.3]), 4), "test"
            )
        ]

    first = work.measurements("test", candidate, lambda: measured("first"))
    again = work.measurements("test", replace(candidate, serving=True), lambda: measured("again"))
    assert calls == ["first"]
    assert again[0].candidate.serving
    assert again[0].metrics == first[0].metrics
    np.testing.assert_array_equal(again[0].ranked.values, [0.1, 0.3])

    other = Candidate(ItemKnn(neighbours=7), half_life_days=30)
    work.measurements("test", other, lambda: measured("parameter", other))
    work.measurements("choice", candidate, lambda: measured("part"))
    replace(work, release="another").measurements("test", candidate, lambda: measured("release"))
    for path in kept(tmp_path):
        path.write_text(path.read_text()[:20])
    work.measurements("test", candidate, lambda: measured("damaged"))
    assert calls == ["first", "parameter", "part", "release", "damaged"]


def test_the_choice_for_the_lists_of_the_hybrid_is_kept(tmp_path: Path) -> None:
    work = work_of(tmp_path, fingerprint="f1", step=lambda _: None)
    chosen = (
        Pages(5.0, {"orders": 3, "segments": {"0": {"low": -0.1}}}),
        Diversity(0.3, [Tried(0.1, 0.5, 0.0)], 120),
    )

    assert work.of_hybrid(Candidate(ItemKnn()), lambda: chosen) == chosen
    assert work.of_hybrid(Candidate(ItemKnn()), lambda: pytest.fail("measured again")) == chosen


def test_the_release_depends_on_source_packages_and_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = work.release([])

    assert plain == work.release([])
    assert work.release(["tests.ml.planted"]) != plain
    monkeypatch.setattr(environment, "source_sha256", lambda: "another")
    assert work.release([]) != plain


def test_no_file_has_the_key_of_a_shopper(tmp_path: Path) -> None:
    killed(tmp_path, after=12)

    assert len(kept(tmp_path)) == 12
    assert not [path for path in kept(tmp_path) if "user-" in path.read_text()]
