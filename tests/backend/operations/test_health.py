"""Health checks report failed dependencies, and respond even if a dependency hangs."""

import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.db.migrations.recorder import MigrationRecorder
from rest_framework.test import APIClient

from backend.operations import health, schema
from backend.operations.health import Unhealthy, register
from backend.operations.storage import Storage, free_bytes
from tests.backend.together import DEADLINE_SECONDS

READY = "/api/health/ready/"


def fine() -> Mapping[str, object]:
    return {"lag": 3}


def down() -> Mapping[str, object]:
    raise Unhealthy("no disk left")


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Remove all checks, so that only those that the test registers run."""
    registered: dict[str, object] = {}
    monkeypatch.setattr(health, "_checks", registered)
    return registered


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[health.Check]:
    """A check that hangs until the test is over."""
    monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.1)
    release = threading.Event()

    def wait() -> Mapping[str, object]:
        release.wait(DEADLINE_SECONDS)
        return {}

    yield wait
    release.set()


def test_a_process_is_live_even_if_dependencies_are_down() -> None:
    register("database", down, required=True)
    response = APIClient().get("/api/health/live/")
    assert (response.status_code, response.json()["data"]) == (200, {"state": "live"})


def test_a_shop_whose_dependencies_work_is_ready() -> None:
    register("database", fine, required=True)
    response = APIClient().get(READY)
    data = response.json()["data"]
    assert (response.status_code, data["state"]) == (200, "ready")
    assert data["dependencies"]["database"] == {"healthy": True, "required": True}


def test_an_optional_dependency_that_fails_degrades_the_shop() -> None:
    register("database", fine, required=True)
    register("search", down, required=False)
    response = APIClient().get(READY)
    data = response.json()["data"]
    assert (response.status_code, data["state"]) == (200, "degraded")
    assert list(data["dependencies"]) == ["database", "search"]
    assert "no disk left" not in response.content.decode(), "the public response doesn't contain the reason"


def test_a_shop_without_a_required_dependency_is_unavailable() -> None:
    register("search", fine, required=False)
    register("database", down, required=True)
    response = APIClient().get(READY)
    assert (response.status_code, response.json()["status"], response.json()["data"]["state"]) == (
        503,
        503,
        "unavailable",
    )


def test_a_check_that_hangs_is_reported_as_unhealthy(stuck: health.Check) -> None:
    register("warehouse", stuck, required=False)
    register("database", fine, required=True)
    warehouse, database = health.probe_all()
    assert (warehouse.healthy, warehouse.facts) == (False, {"error": "no response in time"})
    assert database.healthy


def test_checks_that_hang_do_not_block_other_checks(stuck: health.Check) -> None:
    register("warehouse", stuck, required=False)
    for _ in range(10):
        health.probe_all()
    register("database", fine, required=True)
    assert [probe.healthy for probe in health.probe_all()] == [False, True]


@pytest.mark.django_db
def test_the_database_check_executes_a_query() -> None:
    assert health.database()["engine"] in ("sqlite", "postgresql")


def test_health_is_never_throttled() -> None:
    codes = {APIClient().get("/api/health/live/").status_code for _ in range(150)}
    assert codes == {200}


def test_frequent_requests_share_one_run_of_the_checks() -> None:
    runs: list[str] = []

    def count() -> Mapping[str, object]:
        runs.append("database")
        return {}

    register("database", count, required=True)

    for _ in range(50):
        assert APIClient().get(READY).status_code == 200

    assert len(runs) < 10


@pytest.mark.django_db
def test_a_missing_migration_is_reported_with_the_remedy() -> None:
    assert schema.check() == {}
    MigrationRecorder.Migration.objects.filter(app="carts").delete()

    with pytest.raises(Unhealthy, match=r"carts\.0001_initial") as found:
        schema.check()

    assert "manage.py migrate" in found.value.remedy


def test_a_nearly_full_volume_is_reported_with_its_free_space() -> None:
    left = {Path("/home/shop"): 5 * 2**30, Path("/data"): 7 * 2**20}
    storage = Storage({"home": Path("/home/shop"), "database": Path("/data")}, left.__getitem__)

    with pytest.raises(Unhealthy, match=r"database \(/data\) has 7 MB left"):
        storage.check()

    left[Path("/data")] = 2**30
    assert storage.check() == {"home_free_megabytes": 5 * 2**10, "database_free_megabytes": 2**10}


def test_the_free_space_is_measured(tmp_path: Path) -> None:
    assert 0 < free_bytes(tmp_path) <= shutil.disk_usage(tmp_path).total
