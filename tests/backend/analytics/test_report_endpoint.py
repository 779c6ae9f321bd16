"""The endpoint of all reports: scopes, formats and errors."""

import csv
import io
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from rest_framework.test import APIClient

from analytics_pipeline import reports
from analytics_pipeline.reports import library
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User
from backend.analytics.formats import FORMATS, ReportFormat
from backend.catalog.models import Product

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("migrated_warehouse_url"),
    pytest.mark.shows("warehouse"),
]
ALL = [
    "baskets",
    "cohorts",
    "customer_value",
    "empty_searches",
    "event_quality",
    "event_sources",
    "exposure_revenue",
    "forecast",
    "funnel",
    "funnel_steps",
    "id_conflicts",
    "lost_demand",
    "product",
    "product_conversion",
    "queries",
    "recommendations",
    "reconciliation",
    "retention",
    "rfm",
    "rfm_customers",
    "rule_revenue",
    "sales",
    "sales_by_period",
    "sales_orders",
    "search_facets",
    "searches",
    "sessions",
    "stock_outs",
]


def get(user: User | None, path: str, **headers: str) -> Any:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client.get(f"/api/analytics/reports/{path}", headers=headers)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_the_list_describes_each_report_that_the_caller_may_run(staff: User, sellers: list[User]) -> None:
    reports_list = get(staff, "").json()["data"]
    assert reports_list["time_zone"] == "UTC"
    assert [report["name"] for report in reports_list["reports"]] == ALL
    (queries,) = [report for report in reports_list["reports"] if report["name"] == "queries"]
    assert queries["scope"] == ["staff"]
    assert "Search queries and what came of them" in queries["description"]
    assert queries["parameters"][-1] == {
        "name": "limit",
        "type": "UInt64",
        "description": "The maximum number of rows, most frequent queries first.",
        "default": 100,
        "choices": [],
        "minimum": 1,
        "maximum": 100_000,
    }
    assert queries["columns"][0] == {
        "name": "query",
        "type": "String",
        "description": "The query, in lower case.",
    }
    own = get(sellers[0], "").json()["data"]["reports"]
    assert [report["name"] for report in own] == [
        "baskets",
        "cohorts",
        "exposure_revenue",
        "forecast",
        "lost_demand",
        "product",
        "product_conversion",
        "rfm",
        "sales",
        "sales_by_period",
        "sales_orders",
        "stock_outs",
    ]
    (group_by,) = [p for p in own[8]["parameters"] if p["name"] == "group_by"]
    assert (group_by["default"], group_by["choices"]) == ("day", ["day", "week", "month"])
    (product,) = [p for p in own[5]["parameters"] if p["name"] == "product"]
    assert product["default"] is None


@pytest.mark.parametrize("path", ["", "sales/", "profits/"])
def test_reports_are_for_sellers_and_staff(customer: User, path: str) -> None:
    assert get(customer, path).status_code == 403
    assert get(None, path).status_code == 401


def test_a_report_in_json_has_the_used_parameters_and_its_rows(sold: list[Product], staff: User) -> None:
    response = get(staff, "sales/?group_by=month&start_date=2026-01-01&fill=zero").json()["data"]
    given = {"start_date": "2026-01-01", "end_date": "2149-06-04", "group_by": "month", "fill": "zero"}
    figures = {
        "units": 4,
        "gross": "30.13",
        "returns": "10.01",
        "net": "20.12",
        "orders": 1,
        "buyers": 1,
        "discounts": "0.00",
        "tax": "0.00",
        "returned_units": 1,
        "average_order": "30.13",
        "previous_units": 0,
        "previous_orders": 0,
        "previous_net": "0.00",
        "change": "0.00",
    }
    nothing = {name: "0.00" if isinstance(value, str) else 0 for name, value in figures.items()}
    no_part = {"currency": "EUR", "part": "", "title": ""}
    rows = [
        {"period": "2026-01", **nothing, **no_part},
        {"period": "2026-02", **nothing, **no_part},
        {"period": "2026-03", **figures, **no_part},
    ]
    assert response == {
        "name": "sales",
        "parameters": {
            **given,
            "breakdown": "none",
            "level": 1,
            "compare": "none",
            "category": "",
            "brand": "",
            "product": 0,
            "country": "",
            "customer_type": "",
        },
        "columns": [column.name for column in reports.load("sales").columns],
        "rows": rows,
    }


@pytest.mark.parametrize(
    "request_form", [("sales/?format=csv", {}), ("sales/", {"accept": "text/csv, */*;q=0.1"})]
)
def test_a_csv_report_is_a_file_with_exact_amounts(
    sold: list[Product], staff: User, request_form: tuple[str, dict[str, str]]
) -> None:
    path, headers = request_form
    response = get(staff, path, **headers)
    assert response.headers["Content-Type"] == "text/csv"
    assert response.headers["Content-Disposition"] == 'attachment; filename="sales.csv"'
    content = body(response)
    assert int(response.headers["Content-Length"]) == len(content)
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["net"] for row in rows] == ["30.13", "-10.01"]


@pytest.mark.parametrize(
    "request_form", [("sales/?format=parquet", {}), ("sales/", {"accept": "application/vnd.apache.parquet"})]
)
def test_a_parquet_report_is_a_file_with_exact_amounts(
    sold: list[Product], staff: User, request_form: tuple[str, dict[str, str]]
) -> None:
    pandas = pytest.importorskip("pandas")
    path, headers = request_form
    response = get(staff, path, **headers)
    assert response.headers["Content-Type"] == "application/vnd.apache.parquet"
    frame = pandas.read_parquet(io.BytesIO(body(response)))
    assert list(frame["net"]) == [Decimal("30.13"), Decimal("-10.01")]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv;q=0.1, application/json", "application/json"),
        ("application/json;q=0.2, text/csv;q=0.9", "text/csv"),
        ("text/csv;q=0, */*", "application/json"),
        ("*/*;q=0.1, text/csv;q=0.5", "text/csv"),
    ],
)
def test_quality_values_in_accept_choose_the_format(
    sold: list[Product], staff: User, accept: str, media_type: str
) -> None:
    response = get(staff, "sales/", accept=accept)
    assert response["Content-Type"].startswith(media_type)
    response.close()


def test_a_report_about_the_whole_shop_refuses_the_parameter_seller(staff: User) -> None:
    response = get(staff, "queries/?seller=1")
    assert response.status_code == 400
    assert "whole shop" in response.json()["details"]["seller"][0]


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html,*/*;q=0.8", "image/png", ""])
def test_other_accept_headers_get_json(sold: list[Product], staff: User, accept: str) -> None:
    assert get(staff, "sales/", accept=accept).json()["data"]["name"] == "sales"


def test_a_seller_gets_their_own_rows_in_every_format(sold: list[Product], sellers: list[User]) -> None:
    (row,) = get(sellers[1], "sales/").json()["data"]["rows"]
    assert row["gross"] == "0.10"
    assert body(get(sellers[1], "sales/?format=csv")).count(b"\n") == 2
    lamp, vase = sold
    assert get(sellers[1], f"product/?product={lamp.pk}").json()["data"]["rows"] == []
    assert get(sellers[1], f"product/?product={vase.pk}").json()["data"]["rows"][0]["revenue"] == "0.10"


def test_staff_can_request_the_rows_of_one_seller(
    sold: list[Product], staff: User, sellers: list[User]
) -> None:
    (row,) = get(staff, f"sales/?seller={sellers[1].pk}").json()["data"]["rows"]
    assert row["gross"] == "0.10"


@pytest.mark.parametrize("form", ["", "&format=csv", "&format=parquet"])
@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        ("profits/?a=1", 404, "report_not_found", "known"),
        ("sales/?group_by=year", 400, "invalid_input", "group_by"),
        ("sales/?start_date=2026-02-30", 400, "invalid_input", "start_date"),
        ("sales/?group_by=day&group_by=week", 400, "invalid_input", "group_by"),
        ("sales/?colour=red", 400, "invalid_input", "colour"),
        ("sales/?most_rows=1", 400, "invalid_input", "most_rows"),
        ("sales/?warehouse=x&name=y", 400, "invalid_input", "warehouse"),
        ("sales/?time_zone=Europe/Berlin", 400, "invalid_input", "time_zone"),
        ("sales/?seller=me", 400, "invalid_input", "seller"),
        ("product/?", 400, "invalid_input", "product"),
    ],
)
def test_an_invalid_request_is_reported_in_json(
    warehouse: Warehouse, staff: User, path: str, status: int, code: str, field: str, form: str
) -> None:
    response = get(staff, path + form)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert field in response.json()["details"]


def test_an_unknown_format_is_refused(staff: User) -> None:
    response = get(staff, "sales/?format=xlsx")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
    assert response.json()["details"]["format"] == ["must be one of json, csv, parquet, not 'xlsx'"]


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_a_seller_may_neither_run_a_report_for_staff_nor_name_a_seller(
    warehouse: Warehouse, sellers: list[User], form: str
) -> None:
    response = get(sellers[0], f"reconciliation/?format={form}")
    assert (response.status_code, response.json()["code"]) == (403, "report_for_staff")
    response = get(sellers[0], f"sales/?format={form}&seller={sellers[1].pk}")
    assert (response.status_code, list(response.json()["details"])) == (400, ["seller"])


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_a_response_with_too_many_rows_is_refused_with_the_limit(
    sold: list[Product], staff: User, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ReportFormat(form, f"text/{form}", most_rows=1)
    known = tuple(small if each.name == form else each for each in FORMATS)
    monkeypatch.setattr("backend.analytics.views.FORMATS", known)
    monkeypatch.setattr("backend.analytics.views.JSON", known[0])
    monkeypatch.setattr("backend.analytics.selectors.JSON", small)
    response = get(staff, f"sales/?format={form}")
    assert (response.status_code, response.json()["code"]) == (400, "report_too_large")
    assert response.json()["details"] == {"most_rows": 1}


def test_a_faulty_report_file_is_reported_by_check_and_other_reports_work(
    sold: list[Product], staff: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(reports.QUERIES, tmp_path, dirs_exist_ok=True)
    broken = tmp_path / "queries.sql"
    broken.write_text(broken.read_text().replace("maximum = 100000", "maximum ="))
    for function in (library.available, library.faults, library.load):
        defaults = function.__kwdefaults__ or {}
        if "folder" in defaults:
            monkeypatch.setitem(defaults, "folder", tmp_path)
        else:
            monkeypatch.setattr(function, "__defaults__", (tmp_path,))

    (warning,) = [message for message in run_checks() if message.id == "analytics.W001"]
    line = broken.read_text().splitlines().index("maximum =") + 1
    assert warning.msg.startswith(f"{broken}:{line}: the head is not TOML")
    output = io.StringIO()
    call_command("report", "sales", "--format", "csv", stdout=output, stderr=io.StringIO())
    assert output.getvalue().count("\n") == 3
    assert get(staff, "sales/").status_code == 200
    assert "queries" not in [report["name"] for report in get(staff, "").json()["data"]["reports"]]
    response = get(staff, "queries/")
    assert (response.status_code, response.json()["code"]) == (500, "report_unusable")
