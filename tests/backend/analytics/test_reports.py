"""Reports over HTTP and on the command line: permissions, formats and errors."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from analytics_pipeline import migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User
from backend.analytics import health, tasks
from backend.catalog.models import Product
from backend.engines import warehouse as engines
from backend.engines.errors import WarehouseNotMigrated

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("migrated_warehouse_url"),
    pytest.mark.shows("warehouse"),
]


def get(user: User, path: str) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    return client.get(path)


def test_staff_see_all_sales_in_the_envelope(sold: list[Product], staff: User) -> None:
    response = get(staff, "/api/analytics/sales/?group_by=month&start_date=2026-01-01")
    assert response.status_code == 200
    assert response.json()["data"] == {
        "start_date": "2026-01-01",
        "end_date": None,
        "group_by": "month",
        "rows": [
            {
                "period": "2026-03",
                "units": 4,
                "gross": "30.13",
                "returns": "10.01",
                "net": "20.12",
                "orders": 1,
                "buyers": 1,
                "currency": "EUR",
            }
        ],
    }


def test_a_seller_sees_only_their_own_sales_and_products(sold: list[Product], sellers: list[User]) -> None:
    (row,) = get(sellers[1], "/api/analytics/sales/").json()["data"]["rows"]
    assert (row["units"], row["gross"]) == (1, "0.10")
    lamp, vase = sold
    assert get(sellers[1], f"/api/analytics/products/{lamp.pk}/").status_code == 404
    (row,) = get(sellers[1], f"/api/analytics/products/{vase.pk}/").json()["data"]["rows"]
    assert (row["units"], row["revenue"], row["currency"]) == (1, "0.10", "EUR")


def test_customers_see_no_reports(customer: User) -> None:
    assert get(customer, "/api/analytics/sales/").status_code == 403
    assert APIClient().get("/api/analytics/sales/").status_code == 401


@pytest.mark.parametrize(
    ("query", "field", "hint"),
    [
        ("group_by=year", "group_by", "day, week, month"),
        ("start_date=yesterday", "start_date", "YYYY-MM-DD"),
        ("start_date=2026-02-01&end_date=2026-01-01", "end_date", "before the start_date"),
        ("colour=red", "colour", "end_date, group_by, start_date"),
        ("start_date=0001-01-01", "start_date", "between 1970-01-02 and"),
    ],
)
def test_an_invalid_parameter_is_named_with_a_hint(
    warehouse: Warehouse, staff: User, query: str, field: str, hint: str
) -> None:
    response = get(staff, f"/api/analytics/sales/?{query}")
    assert response.status_code == 400
    assert hint in str(response.json()["details"][field])


def test_an_unknown_product_is_a_404(staff: User) -> None:
    assert get(staff, "/api/analytics/products/987654321/").status_code == 404


def test_a_warehouse_that_is_down_is_a_503(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", "http://user:password@127.0.0.1:9/none")
    engines.checked_for_requests.cache_clear()
    try:
        response = get(staff, "/api/analytics/sales/")
    finally:
        engines.checked_for_requests.cache_clear()
    assert response.status_code == 503
    assert response.headers["Retry-After"]


@pytest.mark.parametrize(
    "command",
    [
        ["report", "sales"],
        ["reconcile"],
        ["migrate_warehouse"],
        ["export_ubi", "none", "--since", "2026-01-01"],
    ],
)
def test_a_command_reports_in_one_line_that_the_warehouse_is_down(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", "http://user:password@127.0.0.1:9/none")
    with pytest.raises(CommandError, match="is not available") as raised:
        call_command(*command)
    assert "\n" not in str(raised.value)


def report(*arguments: str) -> tuple[str, str]:
    output, errors = io.StringIO(), io.StringIO()
    call_command("report", *arguments, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


def test_the_command_writes_rows_to_stdout_and_freshness_to_stderr(sold: list[Product]) -> None:
    output, errors = report("sales_by_period", "--group-by", "month", "--format", "json")
    (row,) = json.loads(output)
    assert list(row) == ["period", "units", "gross", "returns", "net", "orders", "buyers", "currency"]
    assert Decimal(row["net"]) == Decimal("20.12")
    assert "0 order changes" in errors
    output, _ = report("sales_by_period", "--format", "csv")
    assert [line["net"] for line in csv.DictReader(io.StringIO(output))] == ["30.13", "-10.01"]
    output, _ = report("sales_by_period")
    assert output.splitlines()[1].split() == ["2026-03-10", "4", "30.13", "0.00", "30.13", "1", "1", "EUR"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--start-date", "soon"], "--start-date: must be a date"),
        (["--seller", "-5"], "--seller: must be a whole number"),
        (["--seller", "me"], "--seller: must be a whole number"),
    ],
)
def test_the_command_names_an_invalid_parameter(
    warehouse: Warehouse, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        report("sales", *arguments)


def test_reconcile_fails_when_a_cent_is_missing(sold: list[Product], warehouse: Warehouse) -> None:
    output = io.StringIO()
    call_command("reconcile", stdout=output)
    assert output.getvalue() == "3 movements of 2 days agree\n"
    warehouse.command("DELETE FROM order_facts WHERE amount = 0.1")
    with pytest.raises(CommandError, match="1 of 3 movements of 2 days differ"):
        call_command("reconcile", stdout=output)


def test_migrating_twice_changes_nothing(warehouse_url: str) -> None:
    output = io.StringIO()
    call_command("migrate_warehouse", stdout=output)
    call_command("migrate_warehouse", stdout=output)
    assert output.getvalue().endswith("the warehouse is up to date\n")


def test_health_names_the_first_missing_migration(warehouse: Warehouse) -> None:
    assert health.check(), "all migrations are applied"
    newest = migrate.load()[-1]
    warehouse.command(f"DELETE FROM schema_migrations WHERE number = {newest.number}")
    try:
        with pytest.raises(WarehouseNotMigrated, match=newest.name) as found:
            health.check()
    finally:
        migrate.migrate(warehouse)
    assert "migrate_warehouse" in found.value.remedy
    assert health.check(), "all migrations are applied again"


@pytest.fixture
def unmigrated(warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """A server without the database that the settings name."""
    name = f"test_{uuid4().hex}"
    monkeypatch.setenv("CLICKHOUSE_URL", urlsplit(warehouse_url)._replace(path=f"/{name}").geturl())
    engines.checked_for_requests.cache_clear()
    server = Warehouse(PipelineSettings(home=Path(), clickhouse_url=warehouse_url), database="default")
    yield server
    engines.checked_for_requests().bare.close()
    engines.checked_for_requests.cache_clear()
    server.command(f"DROP DATABASE IF EXISTS {name}")
    server.close()


def databases(server: Warehouse) -> set[str]:
    return {row["name"] for row in server.rows("SELECT name FROM system.databases")}


def test_requests_and_health_checks_do_not_create_an_unmigrated_database(
    unmigrated: Warehouse, staff: User
) -> None:
    before = databases(unmigrated)
    response = get(staff, "/api/analytics/sales/")
    body = response.json()
    assert (response.status_code, body["code"]) == (503, "warehouse_not_migrated")
    assert "manage.py migrate_warehouse" in body["details"]["remedy"]
    assert response.headers["Retry-After"]
    with pytest.raises(WarehouseNotMigrated):
        health.check()
    assert databases(unmigrated) == before

    call_command("migrate_warehouse", stdout=io.StringIO())
    assert get(staff, "/api/analytics/sales/").status_code == 200
    assert health.check()["dirty_days"] == 0


def test_requests_are_refused_until_new_migrations_are_applied(unmigrated: Warehouse, staff: User) -> None:
    call_command("migrate_warehouse", stdout=io.StringIO())
    bare = engines.checked_for_requests().bare
    newest = migrate.load()[-1]
    bare.command(f"DELETE FROM schema_migrations WHERE number = {newest.number}")
    assert get(staff, "/api/analytics/sales/").json()["code"] == "warehouse_not_migrated"
    assert newest in migrate.pending(bare, migrations=migrate.load())


def test_tasks_and_health_work_on_an_empty_warehouse(warehouse: Warehouse) -> None:
    assert tasks.rebuild_rollups() == 0
    tasks.drop_old_dead_letters()
    assert health.check()["dirty_days"] == 0
