"""Pages and panels: numbers, filters in the address, export, definitions and errors."""

import html
import json
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from analytics_pipeline import reports
from analytics_pipeline.reports import Column
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.areas import StaffArea, stored_areas
from backend.accounts.models import User
from backend.dashboard.cells import cell_of, is_share
from backend.dashboard.computed import ALL
from backend.dashboard.declarations import Kind
from backend.dashboard.pages import PAGES, page_of
from tests.backend.config.admin_site.browser import PASSWORD, logged_in
from tests.backend.dashboard.conftest import browser_of, fragment
from tests.backend.shop import customer

REPORTS = {report.name: report for report in [*reports.available(), *(each.report for each in ALL)]}
pytestmark = pytest.mark.django_db

SALES, FIGURES, BY_PERIOD = "/dashboard/sales/", "/dashboard/sales/figures/", "/dashboard/sales/by-period/"


def text_of(client: Client, path: str) -> str:
    response = fragment(client, path)
    assert response.status_code == 200, response.content
    return html.unescape(response.content.decode())


def chart_of(client: Client, path: str) -> Any:
    return json.loads(fragment(client, path).context["content"].chart)


def test_each_panel_is_declared_as_its_report_is() -> None:
    for page in PAGES:
        assert len({panel.name for panel in page.panels}) == len(page.panels)
        for panel in page.panels:
            report = REPORTS[panel.report]
            columns = {column.name: column.type for column in report.columns}
            figures = [
                name
                for each in panel.figures
                for name in (each.column, each.defined_by, each.per, each.previous)
            ]
            targets = [each.target for each in panel.figures if each.target]
            used = [
                *panel.values,
                *panel.previous.values(),
                *panel.columns,
                *figures,
                panel.label,
                panel.series,
                panel.sort,
            ]
            assert {name for name in used if name} <= columns.keys(), (page.name, panel.name)
            assert panel.parameters.keys() <= {each.name for each in report.parameters}
            assert panel.drill is None or panel.drill.column in columns
            for target_of in [*targets, *([panel.drill.target] if panel.drill else [])]:
                name, target = target_of.split("/")
                found = page_of(name)
                assert found is not None
                assert found.panel(target) is not None
            if panel.kind in (Kind.LINE, Kind.BAR):
                assert panel.values
                assert panel.label
            if panel.kind is Kind.BAR:
                added = [name for name in panel.columns if columns[name] != "String"]
                assert not any(is_share(name) or columns[name] == "Float64" for name in added)
        for name in page.filters:
            assert any(
                name in {each.name for each in REPORTS[panel.report].parameters} for panel in page.panels
            )


def test_cells_are_written_as_their_column_is_meant() -> None:
    def written(value: object, column: str, kind: str) -> tuple[str, bool]:
        cell = cell_of({column: value, "currency": ""}, Column(column, kind, ""))
        return cell.text, cell.is_number

    assert written(0.15, "click_through_low", "Float64") == ("15.0%", True)
    assert written(0.15, "units_low", "Float64") == ("0.15", True)
    assert written(date(2026, 1, 31), "last_day", "Date") == ("2026-01-31", False)
    assert written(1_234, "product", "UInt64") == ("1234", False)
    assert written("", "currency", "String") == ("", False)
    assert written("", "version", "String") == ("(not known)", False)


def test_the_chart_library_is_served_by_the_shop() -> None:
    assert finders.find("unfold/js/chart/chart.js")


def test_figures_have_their_change_and_their_definition(sales: datetime, staff: Client) -> None:
    text = text_of(staff, FIGURES)

    assert '<a href="/dashboard/definitions/sales/#net">Net sales</a>' in text
    assert "20.10 EUR" in text
    assert "up 0.5% from 20.00" in text
    assert text.count("30.10 EUR") == 1, "the average order"
    assert "up 0.5%" not in text_of(staff, f"{FIGURES}?compare=none")


def test_filters_in_the_address_limit_each_panel(sales: datetime, staff: Client) -> None:
    day = f"period=custom&start_date={sales.date()}&end_date={sales.date()}"

    assert "20.10 EUR" in text_of(staff, f"{FIGURES}?{day}")
    assert "0.10 EUR" in text_of(staff, f"{FIGURES}?category=Home+%3E+Vases")
    assert "20.10 EUR" not in text_of(staff, f"{FIGURES}?category=Home+%3E+Vases")
    assert "There is nothing" in text_of(staff, "/dashboard/sales/products/?brand=Nobody")
    assert "Not filtered by Seller" in text_of(staff, "/dashboard/overview/visits/?seller=1")
    assert "Not filtered" not in text_of(staff, f"{FIGURES}?seller=1")


def test_charts_have_the_numbers_of_the_table(sales: datetime, staff: Client) -> None:
    chart = chart_of(staff, f"{BY_PERIOD}?compare=none")

    shown = {
        title: [value for value in values if value]
        for title, values in ((s["title"], s["values"]) for s in chart["series"])
    }
    assert shown == {"Net EUR": [20.1]}
    assert len(chart["labels"]) == 30
    assert chart["links"][chart["labels"].index(str(sales.date()))].startswith(
        "/dashboard/sales/orders/?period=custom"
    )
    earlier = chart_of(staff, BY_PERIOD)["series"]
    assert [each.get("isEarlier", False) for each in earlier] == [False, True]
    assert sum(filter(None, earlier[1]["values"])) == 20


def test_sellers_have_names_and_forecasts_read_what_was_before_the_period(
    sales: datetime, staff: Client, lamp_seller: User
) -> None:
    User.objects.filter(pk=lamp_seller.pk).update(first_name="Kupfer", last_name="& Co")

    sellers = "/dashboard/sales/by-part/?period=last_7_days&breakdown=seller"
    assert "Kupfer & Co" in chart_of(staff, sellers)["labels"]
    assert f'seller={lamp_seller.pk}">{lamp_seller.pk}</a>' in text_of(staff, sellers)
    assert ">Home</a>" in text_of(staff, "/dashboard/sales/forecast/?period=yesterday")


def test_bars_are_sums_over_the_whole_period(sales: datetime, staff: Client) -> None:
    path = "/dashboard/sales/by-part/?period=last_90_days&breakdown=category&level=2"

    chart = chart_of(staff, path)

    assert dict(zip(chart["labels"], chart["series"][0]["values"], strict=True)) == {
        "Home > Lighting": 40.0,
        "Home > Vases": 0.1,
    }
    assert "level=2" in chart["links"][0]
    assert "category=Home+%3E+Lighting" in chart["links"][0]


def test_a_page_of_a_panel_needs_no_script_and_has_all_columns(sales: datetime, staff: Client) -> None:
    page = staff.get(BY_PERIOD).content.decode()

    assert page.startswith("<!doctype html>")
    assert "20.10" in page
    assert "returned_units" in page
    shell = staff.get(SALES).content.decode()
    assert "20.10" not in shell
    assert f'<a href="{BY_PERIOD}?period=last_30_days' in shell


def test_orders_behind_a_number_lead_to_the_admin(sales: datetime, staff: Client, lamp_seller: User) -> None:
    path = f"/dashboard/sales/orders/?period=custom&start_date={sales.date()}&end_date={sales.date()}"

    assert '<a href="/admin/orders/order/1/change/">1</a>' in text_of(staff, path)
    assert "20.10" in text_of(staff, path)
    own = text_of(browser_of(lamp_seller), path)
    assert "/admin/" not in own
    assert "20.00" in own


def test_exports_have_all_rows_of_the_filters(sales: datetime, lamp_seller: User, staff: Client) -> None:
    path = f"{BY_PERIOD}export/?period=last_90_days&group_by=month&compare=none"

    csv: Any = browser_of(lamp_seller).get(f"{path}&format=csv")
    parquet: Any = staff.get(f"{path}&format=parquet")

    rows = b"".join(csv.streaming_content).decode().splitlines()
    assert rows[0].startswith("period,units,gross")
    assert sum(float(row.split(",")[4]) for row in rows[1:]) == 40
    assert 'attachment; filename="sales-by-period-' in csv["Content-Disposition"]
    assert b"".join(parquet.streaming_content)[:4] == b"PAR1"
    assert staff.get(f"{path}&format=exe").status_code == 404


def test_each_number_has_its_definition(staff: Client) -> None:
    page = html.unescape(staff.get("/dashboard/definitions/sales/").content.decode())

    report = reports.load("sales")
    assert report.description in page
    assert report.sql in page
    for column in report.columns:
        assert f'id="{column.name}"' in page
        assert column.description in page


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("period=custom&start_date=2026-02-01", "Period needs a last day"),
        ("period=custom&start_date=2026-02-02&end_date=2026-02-01", "last day before its first day"),
        ("period=custom&start_date=0001-01-01&end_date=9999-01-01", "must be between 1970-01-02"),
        ("period=yesteryear", "Period must be one of today"),
        ("group_by=hour", "Group by must be one of day, week, month"),
        ("product=lamp", "Product must be a whole number"),
        (f"category={'x' * 10_000}", "Category is too long"),
        ("category=a%00b", "without a null character"),
        ("seller=x", "Seller must be a whole number"),
    ],
)
def test_invalid_filters_are_explained(warehouse: Warehouse, staff: Client, query: str, message: str) -> None:
    response = fragment(staff, f"{BY_PERIOD}?{query}")

    assert (response.status_code, message in html.unescape(response.content.decode())) == (400, True)
    assert staff.get(f"{SALES}?{query}").status_code == 200
    assert staff.get(f"{BY_PERIOD}export/?{query}").status_code == 400


def test_hostile_values_are_text(sales: datetime, staff: Client) -> None:
    for value in ("'; DROP TABLE order_facts --", "<script>alert(1)</script>", "{seller:UInt64}", "\u202e%"):
        response = fragment(staff, f"/dashboard/sales/by-part/?{urlencode({'category': value})}")
        assert response.status_code == 200
    page = staff.get(SALES, {"category": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_a_dead_warehouse_is_an_error_that_can_be_tried_again(no_warehouse: None, staff: Client) -> None:
    assert staff.get(SALES).status_code == 200

    part, alone = fragment(staff, FIGURES), staff.get(FIGURES)

    assert (part.status_code, alone.status_code) == (503, 503)
    assert "data-retry" in part.content.decode()
    assert not part.content.decode().lstrip().startswith("<!doctype")
    assert "Try again" in alone.content.decode()
    assert staff.get(f"{FIGURES}export/").status_code == 503


def test_unknown_addresses_are_pages_with_a_404(staff: Client) -> None:
    for path in (
        "nothing/",
        "sales/nothing/",
        "definitions/nothing/",
        "nothing/by-period/",
        "sales/nothing/export/",
    ):
        response = staff.get(f"/dashboard/{path}")
        assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8"), path
    assert staff.post(SALES).status_code == 405


def test_pages_allow_no_inline_scripts_and_no_storing(staff: Client) -> None:
    response = staff.get(SALES)

    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert "no-store" in response["Cache-Control"]


def test_every_panel_of_every_page_can_be_run(sales: datetime, staff: Client) -> None:
    for page in PAGES:
        assert staff.get(f"/dashboard/{page.name}/").status_code == 200
        for panel in page.panels:
            response = fragment(staff, f"/dashboard/{page.name}/{panel.name}/")
            assert response.status_code == 200, (page.name, panel.name, response.content)


def test_health_has_the_state_of_each_part_and_is_for_operators(warehouse: Warehouse, staff: Client) -> None:
    text = staff.get("/dashboard/pipeline/health/").content.decode()

    for part in ("database", "warehouse", "search"):
        assert f">{part}</td>" in text
    assert "works" in text
    assert staff.get("/dashboard/definitions/health/").status_code == 200
    assert staff.get("/dashboard/pipeline/health/export/").status_code == 404
    clerk = customer(password=PASSWORD, is_staff=True, areas=stored_areas([StaffArea.REPORTS]))
    assert fragment(logged_in(clerk), "/dashboard/pipeline/health/").status_code == 403


def test_a_segment_leads_to_its_customers(sales: datetime, warehouse: Warehouse, staff: Client) -> None:
    warehouse.insert(
        "order_facts",
        {
            "movement_id": [10],
            "kind": ["SALE"],
            "order_id": [10],
            "customer_key": [UUID(int=7)],
            "quantity": [1],
            "amount": ["5.00"],
            "currency": ["EUR"],
            "occurred_at": [sales],
        },
    )
    (row,) = fragment(staff, "/dashboard/customers/segments/").context["content"].table.rows

    found = text_of(staff, row.cells[0].link)

    assert str(UUID(int=7)) in found
    others = row.cells[0].link.replace("segment=hibernating", "segment=champions")
    assert others != row.cells[0].link
    assert str(UUID(int=7)) not in text_of(staff, others)
