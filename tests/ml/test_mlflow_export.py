"""Versions that are copied to MLflow, as its own client reads them."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ml import gates
from ml.lists import Lists
from ml.registry import Registry
from ml.versions import main

NOW = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)
VERDICTS = [gates.enough_users(120), gates.budgets(1_000, subjects=3)]


def lists(*subjects: str) -> Lists:
    products = np.arange(1, 1 + 2 * len(subjects)).reshape(-1, 2)
    return Lists(np.array(subjects), products, np.ones(products.shape, np.float32), np.zeros_like(products))


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a version with a personal list; the variables that the command sets are restored."""
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    for name in ("MLFLOW_DISABLE_TELEMETRY", "MLFLOW_ALLOW_FILE_STORE"):
        monkeypatch.setenv(name, "true")
    kinds = {"user.hybrid": lists("anne"), "product.hybrid": lists("1", "2")}
    facts = {
        "fingerprint": "1f3a9c02ffff",
        "rows": 1_000,
        "as_of": NOW.isoformat(),
        "split_at": None,
        "chosen": {"person": {"model": "item_knn", "parameters": {"neighbours": 200}, "half_life_days": 30}},
        "tested": {"person": {"metrics": {"ndcg@20": 0.25, "users": 1_200}}},
        "verdicts": msgspec.to_builtins(VERDICTS),
    }
    registry = Registry(tmp_path / "models")
    return registry.register(lists=kinds, made_by=dict.fromkeys(kinds, "item_knn"), facts=facts, now=NOW).id


def test_without_the_client_the_command_that_installs_it_is_named(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ml.mlflow_export.find_spec", lambda name: None)

    assert main(["export", version, "--to", str(tmp_path / "runs")]) == 1
    assert "`make mlflow` installs it" in capsys.readouterr().err


@pytest.mark.mlflow
@pytest.mark.slow
class TestMlflow:
    def test_a_version_is_a_run_without_personal_lists(
        self, version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        target = tmp_path / "runs"

        assert main(["export", version, "--to", str(target)]) == 0
        assert f"{version} is the run " in capsys.readouterr().out

        run, files = self.read(target)
        assert (run.info.run_name, run.info.status) == (version, "FINISHED")
        assert run.info.start_time == int(NOW.timestamp() * 1000)
        assert run.data.metrics == {"person.ndcg_at_20": 0.25, "person.users": 1_200}
        assert run.data.params == {
            "rows": "1000",
            "as_of": NOW.isoformat(),
            "fingerprint": "1f3a9c02ffff",
            "person.model": "item_knn",
            "person.parameters.neighbours": "200",
            "person.half_life_days": "30",
        }
        outcomes = {name: outcome for name, outcome in run.data.tags.items() if name.startswith("gate.")}
        assert {name.split(".")[1] for name in outcomes} == {"enough_users", "budgets"}
        assert set(outcomes.values()) == {"passed"}
        assert [file.startswith(("manifest", "product.hybrid")) for file in files] == [True, True]

    def test_a_version_is_exported_once(
        self, version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        target = str(tmp_path / "runs")
        assert main(["export", version, "--to", target]) == 0

        assert main(["export", version, "--to", target]) == 1
        assert f"{version} is there already, as the run " in capsys.readouterr().err

    def test_a_server_that_is_not_there_is_named(
        self, version: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

        assert main(["export", version, "--to", "http://127.0.0.1:1"]) == 1
        assert "MLflow at http://127.0.0.1:1 did not store the version" in capsys.readouterr().err

    @staticmethod
    def read(target: Path) -> tuple[Any, list[str]]:
        """Return the only run and the names of its files, read by MLflow's client."""
        from mlflow import MlflowClient

        assert os.environ["MLFLOW_ALLOW_FILE_STORE"] == "true"
        client = MlflowClient(tracking_uri=target.as_uri())
        experiment = client.get_experiment_by_name("vitrine")
        (run,) = client.search_runs([experiment.experiment_id])
        return run, sorted(file.path for file in client.list_artifacts(run.info.run_id))
