"""Copies of versions in MLflow: parameters, metrics, verdicts, and the lists that name no shopper.

MLflow's client (`mlflow-skinny`) is installed apart and imported only here. A folder is written in MLflow's
file format, an address is that of a tracking server.
"""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ml import gates
from ml.registry import MANIFEST, SHOPPERS, Version, VersionDamaged

EXPERIMENT = "vitrine"
RECIPES = ("popularity", "collaborative", "content_based", "hybrid", "person")
FACTS = ("rows", "products", "as_of", "split_at", "fingerprint", "judged_against")
# MLflow refuses longer parameters.
LONGEST = 6_000
VERSION = "vitrine.version"


class MlflowMissing(ValueError):
    """MLflow's client is not installed."""

    def __init__(self) -> None:
        super().__init__("the export needs MLflow's client: `make mlflow` installs it")


class NotExported(ValueError):
    """MLflow refused the version, or its server can't be reached."""

    def __init__(self, target: str, *, reason: str) -> None:
        super().__init__(f"MLflow at {target} did not store the version: {reason}")
        self.target, self.reason = target, reason


class ExportedBefore(ValueError):
    """The target has a run of this version; versions don't change."""

    def __init__(self, version: str, *, run: str) -> None:
        super().__init__(f"{version} is there already, as the run {run}")
        self.version, self.run = version, run


def export(version: Version, *, to: str, experiment: str = EXPERIMENT) -> str:
    """Store the version as a finished run of MLflow, and return the run's id.

    `to` is a folder, or an address (`http://…`, `databricks`). Personal lists stay here, because an erased
    shopper couldn't be removed from MLflow.

    Raises:
        MlflowMissing: its client is not installed.
        ExportedBefore: a run of this version is there.
        NotExported: MLflow refused it, or can't be reached.
        VersionDamaged: a file of the version is missing.
    """
    if find_spec("mlflow") is None:
        raise MlflowMissing
    # Read at the import: the client would otherwise report its use over the network.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    if _is_folder(to):
        # Without it, the client refuses folders and recommends databases, for which it needs more packages.
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow import MlflowClient  # noqa: PLC0415 - installed apart
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    files = list(_files(version))
    try:
        client = MlflowClient(tracking_uri=Path(to).resolve().as_uri() if _is_folder(to) else to)
        return _store(client, version, files, experiment=experiment)
    except (MlflowException, OSError) as error:
        raise NotExported(to, reason=str(error)) from error


def _store(client: Any, version: Version, files: list[Path], *, experiment: str) -> str:
    found = client.get_experiment_by_name(experiment)
    experiment_id = found.experiment_id if found else client.create_experiment(experiment)
    for run in client.search_runs([experiment_id], filter_string=f"tags.`{VERSION}` = '{version.id}'"):
        if run.info.status == "FINISHED":
            raise ExportedBefore(version.id, run=run.info.run_id)
    created = datetime.fromisoformat(version.manifest["created_at"]).astimezone(UTC)
    milliseconds = int(created.timestamp() * 1000)
    run_id = str(
        client.create_run(
            experiment_id, start_time=milliseconds, run_name=version.id, tags=dict(_tags(version))
        ).info.run_id
    )
    for name, parameter in _parameters(version.manifest):
        client.log_param(run_id, name, parameter)
    for name, number in _metrics(version.manifest):
        client.log_metric(run_id, name, number, timestamp=milliseconds)
    for path in files:
        client.log_artifact(run_id, str(path))
    client.set_terminated(run_id, end_time=milliseconds)
    return run_id


def _files(version: Version) -> Iterator[Path]:
    """Yield the manifest and the lists that name no shopper.

    Raises:
        VersionDamaged: one of them is missing.
    """
    names = [MANIFEST]
    names += [
        entry["file"] for name, entry in version.manifest["lists"].items() if not name.startswith(SHOPPERS)
    ]
    for name in names:
        path = version.path / name
        if not path.is_file():
            raise VersionDamaged(version.id, file=name, reason="is missing")
        yield path


def _tags(version: Version) -> Iterator[tuple[str, str]]:
    yield VERSION, version.id
    for verdict in gates.stored_verdicts(version.manifest) or []:
        parts = (verdict.gate, verdict.audience, getattr(verdict, "algorithm", ""), verdict.segment)
        yield _name(".".join(("gate", *filter(None, map(str, parts))))), str(verdict.outcome)


def _parameters(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for fact in FACTS:
        if manifest.get(fact) is not None:
            yield fact, str(manifest[fact])
    for recipe in RECIPES:
        for name, value in manifest.get("chosen", {}).get(recipe, {}).items():
            values = value.items() if isinstance(value, Mapping) else [("", value)]
            for part, single in values:
                yield _name(".".join(filter(None, (recipe, name, part)))), str(single)[:LONGEST]


def _metrics(manifest: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for recipe, measured in manifest.get("tested", {}).items():
        for metric, number in measured.get("metrics", {}).items():
            yield _name(f"{recipe}.{metric}"), float(number)


def _name(text: str) -> str:
    """Return the text as a name that MLflow accepts: `ndcg@20` becomes `ndcg_at_20`."""
    return re.sub(r"[^\w./ -]", "_", text.replace("@", "_at_"))


def _is_folder(target: str) -> bool:
    return "://" not in target and target != "databricks"
