"""Requests for the same report share its rows for a moment, and never with another scope."""

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User
from backend.analytics import selectors
from backend.analytics.formats import CSV
from backend.analytics.selectors import RESULTS
from backend.catalog.models import Product
from backend.engines.warehouse import warehouse_for_background

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("migrated_warehouse_url"),
    pytest.mark.shows("warehouse"),
]
_AN_HOUR = 3_600


@pytest.fixture(autouse=True)
def _shared_for_an_hour(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REPORT_SHARED_SECONDS = _AN_HOUR
    monkeypatch.setattr(RESULTS, "_runs", {})


def gross(user: User, path: str = "sales/") -> list[str]:
    client = APIClient()
    client.force_authenticate(user)
    return [row["gross"] for row in client.get(f"/api/analytics/reports/{path}").json()["data"]["rows"]]


def empty(warehouse: Warehouse) -> None:
    """Remove the sales, so that only rows that were read before can have any."""
    warehouse.command("TRUNCATE TABLE order_facts")


def test_staff_and_each_seller_get_their_own_rows_also_while_they_are_shared(
    sold: list[Product], warehouse: Warehouse, staff: User, sellers: list[User]
) -> None:
    def seen() -> list[list[str]]:
        return [gross(user) for user in (staff, *sellers)]

    own = [["30.13", "0.00"], ["30.03", "0.00"], ["0.10"]]
    assert seen() == own
    empty(warehouse)
    assert seen() == own
    assert gross(staff, f"sales/?seller={sellers[1].pk}") == ["0.10"]


def test_a_seller_is_refused_a_report_that_staff_have_just_read(staff: User, sellers: list[User]) -> None:
    selectors.run("queries", user=staff, parameters={})
    client = APIClient()
    client.force_authenticate(sellers[0])
    assert client.get("/api/analytics/reports/queries/").status_code == 403
    assert client.get(f"/api/analytics/reports/sales/?seller={sellers[1].pk}").status_code == 400


def test_other_parameters_are_another_report_and_a_default_is_the_same_as_its_value(
    sold: list[Product], warehouse: Warehouse, staff: User
) -> None:
    assert gross(staff) == ["30.13", "0.00"]
    empty(warehouse)
    assert gross(staff, "sales/?group_by=day") == ["30.13", "0.00"]
    assert gross(staff, "sales/?group_by=month") == []


def test_files_and_background_work_read_the_warehouse_itself(
    sold: list[Product], warehouse: Warehouse, staff: User
) -> None:
    assert gross(staff) == ["30.13", "0.00"]
    empty(warehouse)
    background = selectors.run("sales", user=staff, parameters={}, opened=warehouse_for_background)
    assert background.rows == ()
    with selectors.export("sales", user=staff, parameters={}, report_format=CSV) as file:
        assert file.read().count(b"\n") == 1


def test_without_seconds_a_report_has_what_was_stored_before_the_request(
    sold: list[Product], warehouse: Warehouse, staff: User, settings: Settings
) -> None:
    assert gross(staff) == ["30.13", "0.00"]
    empty(warehouse)
    settings.REPORT_SHARED_SECONDS = 0
    assert gross(staff) == []
