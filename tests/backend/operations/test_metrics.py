"""Metrics and health for operators, on a port that isn't public."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from rest_framework.test import APIClient

from backend.operations import health, web_processes
from backend.operations.exposition import pages
from backend.operations.health import Unhealthy, register

pytestmark = pytest.mark.django_db


def page(path: str) -> tuple[str, str, str]:
    """Return status, media type and text of a page for operators."""
    started: list[Any] = []
    environ = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    body = b"".join(pages(environ, lambda *given: started.append(given)))  # type: ignore[arg-type]
    status, headers = started[0]
    return status, dict(headers)["Content-Type"], body.decode()


def metrics() -> dict[str, float]:
    status, kind, text = page("/metrics")
    assert (status, kind.partition(";")[0]) == ("200 OK", "text/plain")
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    }


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_checks", {})


def lagging() -> Mapping[str, object]:
    return {"lag_seconds": 1.5, "generation": "000007"}


def broken() -> Mapping[str, object]:
    raise Unhealthy("10.0.0.7 refuses", "Start it.")


def test_a_request_is_counted_by_route_and_outcome(checks: None) -> None:
    name = 'vitrine_http_requests_total{method="GET",route="api/products/<int:product_id>/",status="404"}'
    before = metrics().get(name, 0)

    for product_id in (987_654, 987_655):
        assert APIClient().get(f"/api/products/{product_id}/").status_code == 404

    after = metrics()
    assert after[name] == before + 2
    assert (
        after['vitrine_http_request_seconds_count{method="GET",route="api/products/<int:product_id>/"}'] >= 2
    )


def test_unknown_paths_and_methods_share_one_series(checks: None) -> None:
    APIClient().get("/a-secret-path/")
    APIClient().generic("BREW", "/a-secret-path/")

    names = metrics()

    assert not any("secret" in name or "BREW" in name for name in names)
    assert any('method="other",route="unknown"' in name for name in names)


def test_health_checks_are_exported_as_gauges(checks: None) -> None:
    register("search", lagging, required=False)
    register("warehouse", broken, required=False)

    found = metrics()

    assert found['vitrine_dependency_up{dependency="search"}'] == 1
    assert found['vitrine_dependency_up{dependency="warehouse"}'] == 0
    assert found['vitrine_dependency{dependency="search",fact="lag_seconds"}'] == 1.5
    assert not any('fact="generation"' in name for name in found)


def test_health_for_operators_has_errors_and_remedies(checks: None) -> None:
    register("warehouse", broken, required=False)

    _, kind, text = page("/health")

    (warehouse,) = json.loads(text)["dependencies"].values()
    assert kind == "application/json"
    assert (warehouse["error"], warehouse["remedy"]) == ("Unhealthy: 10.0.0.7 refuses", "Start it.")


def test_health_for_operators_is_503_if_a_required_dependency_fails(checks: None) -> None:
    register("database", broken, required=True)

    assert page("/health")[0] == "503 Service Unavailable"


def test_running_web_processes_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(web_processes.FOLDER, str(tmp_path))
    with pytest.raises(Unhealthy, match="no web process is running"):
        web_processes.check()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / f"web-{ended.pid}").touch()
    with pytest.raises(Unhealthy):
        web_processes.check()

    web_processes.announce()

    assert web_processes.check() == {"processes": 1}


def test_metrics_are_not_public() -> None:
    assert APIClient().get("/metrics").status_code == 404
    assert page("/anything")[0] == "404 Not Found"


def test_metrics_of_web_processes_are_summed_beside_the_file_of_one_that_was_killed_at_its_start(
    checks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(web_processes.FOLDER, str(tmp_path))
    program = "from prometheus_client import Counter; Counter('handled', '').inc()"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program], check=True)
    (tmp_path / "counter_1.db").touch()

    assert "handled_total 2.0" in page("/metrics")[2]
