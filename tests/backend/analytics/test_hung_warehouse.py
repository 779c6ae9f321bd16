"""When the warehouse hangs, requests fail within seconds and occupy few threads."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from analytics_pipeline import embedded, migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse, WarehouseUnavailable
from backend.accounts.models import User
from backend.analytics.selectors import RESULTS
from backend.engines import warehouse as engine
from backend.engines.errors import EngineBusy, WarehouseNotAvailable
from backend.engines.limits import Share
from backend.operations import health
from tests.services import processes
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("warehouse")]
DEADLINE_SECONDS = 3.0


@pytest.fixture
def pid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The process id of a warehouse that only this test uses, and to which its requests go."""
    settings = PipelineSettings(home=tmp_path)
    with embedded.ensure(settings, embedded.WAREHOUSE):
        monkeypatch.setenv("CLICKHOUSE_URL", embedded.clickhouse_url(settings))
        # This share never suspends the engine; suspension has tests of its own.
        share = Share("warehouse", slots=3, failures=(WarehouseUnavailable,), rest_seconds=0)
        monkeypatch.setattr(engine, "SHARE", share)
        engine.checked_for_requests.cache_clear()
        warehouse = Warehouse(settings)
        migrate.migrate(warehouse)
        warehouse.close()
        found = embedded.endpoint(embedded.WAREHOUSE, home=tmp_path).pid
        assert found is not None
        yield found
        engine.checked_for_requests().bare.close()
        engine.checked_for_requests.cache_clear()


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.monotonic()
    try:
        return call(), time.monotonic() - begun
    finally:
        connection.close()


def sales(user: User) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    return client.get("/api/analytics/sales/")


@pytest.mark.parametrize("connected", [False, True])
def test_a_report_ends_within_the_deadline_and_works_again_afterwards(
    pid: int, staff: User, connected: bool
) -> None:
    if connected:
        wait_until(lambda: sales(staff).status_code == 200, what="a report works")
    with processes.stopped(pid):
        response, seconds = timed(lambda: sales(staff))
    assert (response.status_code, response.json()["error"]) == (503, WarehouseNotAvailable.message)
    assert response.headers["Retry-After"]
    assert seconds < DEADLINE_SECONDS
    # The first query of a new warehouse can take longer than requests may on a busy machine.
    wait_until(lambda: sales(staff).status_code == 200, what="a report works again")


def test_requests_beyond_the_share_are_refused_at_once(pid: int, staff: User) -> None:
    slots = engine.SHARE.slots
    with processes.stopped(pid), ThreadPoolExecutor(3 * slots) as pool:
        responses = list(pool.map(lambda _: timed(lambda: sales(staff)), range(3 * slots)))
    reasons = [response.json()["error"] for response, _ in responses]
    assert {response.status_code for response, _ in responses} == {503}
    assert reasons.count(EngineBusy.message) == 2 * slots
    assert reasons.count(WarehouseNotAvailable.message) == slots
    assert max(seconds for _, seconds in responses) < DEADLINE_SECONDS


def test_equal_requests_occupy_one_slot_until_the_deadline(
    pid: int, staff: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REPORT_SHARED_SECONDS = 2
    monkeypatch.setattr(RESULTS, "_runs", {})
    with processes.stopped(pid), ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: timed(lambda: sales(staff))[0], range(8)))
    errors = {(response.status_code, response.json()["error"]) for response in responses}
    assert errors == {(503, WarehouseNotAvailable.message)}


def test_health_reports_that_the_warehouse_hangs(pid: int) -> None:
    with processes.stopped(pid):
        probes, seconds = timed(health.probe_all)
    (warehouse,) = [probe for probe in probes if probe.name == "warehouse"]
    assert not warehouse.healthy
    assert seconds < health.TIMEOUT_SECONDS + 0.5
