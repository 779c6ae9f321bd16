"""A warehouse with the sales of two sellers, and browsers that are logged in."""

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Deadline, Warehouse
from backend.accounts.models import User
from backend.engines import warehouse as engines
from tests.backend.config.admin_site.browser import PASSWORD, log_in, logged_in
from tests.backend.shop import seller

LOGIN = "/dashboard/login/"


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reports take longer than in a shop, because the machine of a test may be busy."""
    monkeypatch.setenv("WAREHOUSE_REQUEST_SECONDS", "20")


@pytest.fixture
def warehouse(warehouse_url: str) -> Warehouse:
    engines.checked_for_requests.cache_clear()
    warehouse = engines.warehouse()
    for table in ("order_facts", "events", "day_changes", "rollup_days"):
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
        monkeypatch.setattr(engines, "migrated", lambda: engines.Migrated(bare))
        yield


@pytest.fixture
def staff(db: Any) -> Client:
    """A browser of staff."""
    return logged_in()


@pytest.fixture
def lamp_seller(db: Any) -> User:
    return seller(password=PASSWORD)


@pytest.fixture
def vase_seller(db: Any) -> User:
    return seller(password=PASSWORD)


@pytest.fixture
def sales(warehouse: Warehouse, lamp_seller: User, vase_seller: User) -> datetime:
    """Sales two days ago: lamps for 30.00 and a vase for 0.10; a lamp for 20.00 before; return their time."""
    sold_at = timezone.now() - timedelta(days=2)
    rows = [
        (1, lamp_seller, sold_at, 3, "30.00", "Home > Lighting", "SALE"),
        (2, vase_seller, sold_at, 1, "0.10", "Home > Vases", "SALE"),
        (3, lamp_seller, sold_at - timedelta(days=30), 2, "20.00", "Home > Lighting", "SALE"),
        (4, lamp_seller, sold_at, 1, "10.00", "Home > Lighting", "RETURN"),
    ]
    warehouse.insert(
        "order_facts",
        {
            "movement_id": [row[0] for row in rows],
            "kind": [row[6] for row in rows],
            "order_id": [1, 1, 2, 1],
            "product_id": [row[1].pk for row in rows],
            "seller_id": [row[1].pk for row in rows],
            "quantity": [row[3] for row in rows],
            "amount": [row[4] for row in rows],
            "currency": ["EUR"] * len(rows),
            "category_path": [row[5] for row in rows],
            "occurred_at": [row[2] for row in rows],
        },
    )
    return sold_at


def browser_of(user: User) -> Client:
    """Return a browser in which a seller is logged in to the dashboard, by the pages of the login."""
    client = Client()
    assert log_in(client, phone=str(user.phone), path=LOGIN)["Location"] == "/dashboard/"
    return client


def fragment(client: Client, path: str) -> Any:
    """Request a panel as the script does."""
    return client.get(path, headers={"X-Dashboard-Fragment": "1"})
