"""Health tells what is down without going down with it."""

import threading
from collections.abc import Iterator, Mapping

import pytest
from rest_framework.test import APIClient

from backend.operations import health
from backend.operations.health import Unhealthy, register
from tests.backend.together import DEADLINE_SECONDS

READY = "/api/health/ready/"


def fine() -> Mapping[str, object]:
    return {"lag": 3}


def down() -> Mapping[str, object]:
    raise Unhealthy("no disk left")


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Begin with no check but those that a test registers."""
    registered: dict[str, object] = {}
    monkeypatch.setattr(health, "_checks", registered)
    return registered


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[health.Check]:
    """A check that does not answer before the test is over."""
    monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.1)
    over = threading.Event()

    def wait() -> Mapping[str, object]:
        over.wait(DEADLINE_SECONDS)
        return {}

    yield wait
    over.set()


def test_a_process_that_runs_is_live_whatever_is_down() -> None:
    register("database", down, required=True)
    answer = APIClient().get("/api/health/live/")
    assert (answer.status_code, answer.json()["data"]) == (200, {"state": "live"})


def test_a_shop_whose_parts_answer_is_ready() -> None:
    register("database", fine, required=True)
    answer = APIClient().get(READY)
    data = answer.json()["data"]
    assert (answer.status_code, data["state"]) == (200, "ready")
    probe = data["dependencies"]["database"]
    assert probe.pop("latency_ms") >= 0
    assert probe == {"healthy": True, "required": True, "lag": 3}


def test_a_part_that_others_can_do_without_degrades_the_shop() -> None:
    register("database", fine, required=True)
    register("search", down, required=False)
    answer = APIClient().get(READY)
    data = answer.json()["data"]
    assert (answer.status_code, data["state"]) == (200, "degraded")
    assert data["dependencies"]["search"]["error"] == "Unhealthy: no disk left"
    assert list(data["dependencies"]) == ["database", "search"]


def test_a_shop_without_a_required_part_is_unavailable() -> None:
    register("search", fine, required=False)
    register("database", down, required=True)
    answer = APIClient().get(READY)
    assert (answer.status_code, answer.json()["status"], answer.json()["data"]["state"]) == (
        503,
        503,
        "unavailable",
    )


def test_a_part_that_does_not_answer_is_not_waited_for(stuck: health.Check) -> None:
    register("warehouse", stuck, required=False)
    register("database", fine, required=True)
    dependencies = APIClient().get(READY).json()["data"]["dependencies"]
    assert dependencies["warehouse"]["error"] == "no answer in time"
    assert dependencies["warehouse"]["healthy"] is False
    assert dependencies["database"]["healthy"] is True


def test_parts_that_hang_leave_the_others_their_threads(stuck: health.Check) -> None:
    register("warehouse", stuck, required=False)
    for _ in range(10):
        health.probe_all()
    register("database", fine, required=True)
    assert [probe.healthy for probe in health.probe_all()] == [False, True]


@pytest.mark.django_db
def test_the_database_is_asked_for_a_row() -> None:
    assert health.database()["engine"] in ("sqlite", "postgresql")


def test_health_is_never_throttled() -> None:
    codes = {APIClient().get("/api/health/live/").status_code for _ in range(150)}
    assert codes == {200}
