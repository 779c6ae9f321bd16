"""The index page shows what the user's areas allow; a dead engine delays nothing else."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Deadline, Warehouse
from backend.accounts.areas import StaffArea, stored_areas
from backend.audit.models import AuditEntry
from backend.engines import warehouse as engines
from backend.inventory.alerts import compare_levels
from tests.backend.config.admin_site.browser import PASSWORD, errors_of, logged_in
from tests.backend.shop import NOW, customer, product

pytestmark = pytest.mark.django_db

DEAD_LETTERS = "/admin/dead-letters/"


@pytest.fixture
def warehouse(warehouse_url: str) -> Warehouse:
    engines.checked_for_requests.cache_clear()
    warehouse = engines.warehouse()
    for table in ("order_facts", "dead_letters"):
        warehouse.command(f"TRUNCATE TABLE {table}")
    return warehouse


@pytest.fixture
def no_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let requests go to a port on which no process listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings = PipelineSettings(
            home=tmp_path, clickhouse_url=f"http://127.0.0.1:{probe.getsockname()[1]}"
        )
        bare = Warehouse(settings, deadline=Deadline(connect_seconds=1, response_seconds=1))
        monkeypatch.setattr(engines, "checked_for_requests", lambda: engines.Checked(bare))
        yield


def panels_of(browser: Client) -> dict[str, Any]:
    return {panel.title: panel for panel in browser.get("/admin/").context["panels"]}


def chart_of(browser: Client, title: str) -> dict[str, list[Any]]:
    """Return the labels of the panel's chart, and the values of each series by its name."""
    data = json.loads(panels_of(browser)[title].chart.data)
    return {"labels": data["labels"], **{each["label"]: each["data"] for each in data["datasets"]}}


def test_the_overview_has_the_parts_of_the_areas(warehouse: Warehouse) -> None:
    lamp = product(stock=2)
    compare_levels([lamp.pk], now=NOW)
    everything = logged_in()
    stock = logged_in(customer(password=PASSWORD, is_staff=True, areas=stored_areas([StaffArea.STOCK])))

    assert set(panels_of(everything)) == {
        "Sales of 30 days",
        "Low stock",
        "Pipeline health",
        "Messages that failed",
    }
    assert set(panels_of(stock)) == {"Low stock"}
    page = stock.get("/admin/").content.decode()
    assert "Variants that are low on stock or sold out: 1." in page
    assert lamp.variants.get().sku in page
    assert chart_of(stock, "Low stock") == {"labels": ["A lamp"], "Available": [2], "Threshold": [5]}
    assert 'role="img" aria-label="Bar chart of available units and thresholds by variant' in page
    health = panels_of(everything)["Pipeline health"]
    lags = chart_of(everything, "Pipeline health")
    assert [name.removesuffix(" (fails)") for name in lags["labels"]] == [row[0] for row in health.rows]
    assert len(lags["Lag"]) == len(health.rows) > 0


def test_sales_are_a_chart_and_a_table_of_the_same_figures(warehouse: Warehouse) -> None:
    sold_at = timezone.now() - timedelta(days=1)
    warehouse.insert(
        "order_facts",
        {
            "movement_id": [1],
            "kind": ["SALE"],
            "order_id": [1],
            "quantity": [3],
            "amount": [30],
            "currency": ["EUR"],
            "occurred_at": [sold_at],
        },
    )

    page = logged_in().get("/admin/").content.decode()

    assert "Net sales: 30.00 EUR." in page
    assert 'class="chart"' in page
    assert f">{sold_at:%Y-%m-%d}</td>" in page


def test_a_dead_warehouse_is_shown_as_not_available(no_warehouse: None) -> None:
    browser = logged_in()

    page = browser.get("/admin/").content.decode()

    assert "Not available: Reports are not available right now" in page
    assert "Low stock" in page
    assert "Not available:" in browser.get(DEAD_LETTERS).content.decode()


def test_refused_events_are_listed_and_replayed_by_a_worker(warehouse: Warehouse, redis_url: str) -> None:
    browser = logged_in()
    warehouse.insert(
        "dead_letters",
        {
            "entry": ["1-0"],
            "position": [0],
            "arrived_at": [timezone.now()],
            "reason": ["no such type"],
            "payload": ['{"type": "<script>"}'],
        },
    )

    page = browser.get(DEAD_LETTERS).content.decode()
    assert "no such type" in page
    assert "&lt;script&gt;" in page
    refused = logged_in(customer(password=PASSWORD, is_staff=True, areas=stored_areas([StaffArea.STOCK])))
    assert refused.get(DEAD_LETTERS).status_code == 403
    assert refused.post(DEAD_LETTERS).status_code == 403

    response = browser.post(DEAD_LETTERS, follow=True)

    assert "A worker replays" in errors_of(response)
    assert AuditEntry.objects.filter(action="tracking.dead_letters_replayed").count() == 1
