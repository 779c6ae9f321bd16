"""The analysts' client beside a shop on this machine; tests/readme has the remote one."""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from analytics_pipeline import embedded
from analytics_pipeline.analyst import (
    Access,
    CredentialRefused,
    InvalidAccess,
    InvalidParameters,
    QueryRefused,
    ReportRefused,
    Shop,
    ShopNotReachable,
    UnknownReport,
    connect,
)
from analytics_pipeline.analyst.local import analyst_address, local_settings
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline import cases
from tests.analytics_pipeline.analyst_views import views_with_definers_rights


@pytest.fixture(scope="module", name="home")
def home_with_sales(migrated_home: PipelineSettings) -> Path:
    """A home whose warehouse runs and has the orders of a case."""
    warehouse = Warehouse(migrated_home)
    cases.read(cases.FOLDER / "rfm_customers" / "scores.md").store(warehouse)
    warehouse.close()
    return migrated_home.home


@pytest.fixture(autouse=True)
def _no_other_shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the developer's own shop and access file."""
    for name in [name for name in os.environ if name.startswith(("VITRINE_", "CLICKHOUSE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def shop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("VITRINE_HOME", str(home))
    return connect()


def test_amounts_are_numbers_in_frames_and_exact_on_request_and_in_arrow(shop: Shop) -> None:
    frame, exact = shop.report("sales"), shop.report("sales", exact=True)
    table = shop.report_arrow("sales", start_date=date(2020, 1, 1))

    assert frame["net"].dtype == "float64"
    assert {type(amount) for amount in exact["net"]} == {Decimal}
    assert pa.types.is_decimal(table.schema.field("net").type)
    assert list(exact["net"]) == table.column("net").to_pylist()
    assert frame["net"].sum() == pytest.approx(float(exact["net"].sum()))
    assert frame["net"].sum() > 0


def test_counts_can_be_subtracted_and_keys_and_days_have_useful_types(shop: Shop) -> None:
    frame = shop.report("rfm_customers")

    assert ((frame["orders"] - frame["orders"].max()) <= 0).all()
    assert frame["customer_key"].str.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").all()
    assert pd.api.types.is_datetime64_any_dtype(frame["last_day"])


def test_sql_is_run_by_the_analyst_with_parameters(shop: Shop) -> None:
    statement = (
        "SELECT currentRoles()[1] AS role, customer_key, sum(amount) AS amount FROM order_movements "
        "WHERE kind = {kind:String} GROUP BY customer_key ORDER BY customer_key"
    )
    frame = shop.sql(statement, {"kind": "SALE"})

    assert set(frame["role"]) == {embedded.ANALYST}
    assert frame["amount"].sum() == pytest.approx(shop.report("sales")["gross"].sum())
    assert set(shop.report("rfm_customers")["customer_key"]) <= set(frame["customer_key"])
    assert type(shop.sql(statement, {"kind": "SALE"}, exact=True)["amount"][0]) is Decimal


def test_the_views_that_analysts_may_read_are_listed_with_their_columns(shop: Shop) -> None:
    views = shop.views()

    assert sorted(set(views["view"])) == views_with_definers_rights()
    assert "net" in set(views.loc[views["view"] == "sales_by_day", "column"])


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT * FROM order_facts", r"order_facts.* shop\.views\(\) lists them"),
        ("SELECT nothing FROM sales_by_day", "nothing"),
        ("DROP TABLE events", "."),
    ],
)
def test_a_refused_statement_says_why(shop: Shop, statement: str, message: str) -> None:
    with pytest.raises(QueryRefused, match=message):
        shop.sql(statement)


def test_a_report_is_described_with_its_parameters_columns_and_statement(shop: Shop) -> None:
    definition = shop.definition("sales")
    shown = definition._repr_html_()

    assert definition.parameter_table.loc["group_by", "default"] == "day"
    assert definition.parameter_table.loc["group_by", "choices"] == "day, week, month"
    assert definition.column_table.loc["net", "type"] == "Decimal(38, 4)"
    assert definition.sql.startswith(("SELECT", "WITH"))
    assert "Home &gt; Lighting" in shown
    assert "breakdown" in str(shop.reports().loc["sales", "parameters"])
    assert "reports, days in UTC" in repr(shop)


def test_an_unknown_report_names_similar_ones(shop: Shop) -> None:
    with pytest.raises(UnknownReport, match=r"'sale'; did you mean sales\?"):
        shop.report("sale")


def test_wrong_parameters_are_all_named_with_what_is_allowed(shop: Shop) -> None:
    with pytest.raises(
        InvalidParameters, match=r"(?s)by: is not a parameter of sales; it has.*group_by: must be one of day"
    ):
        shop.report("sales", by="month", group_by="year")
    with pytest.raises(ReportRefused, match="omit the parameter seller"):
        shop.report("queries", seller=1)


def test_without_a_running_shop_the_error_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    with pytest.raises(ShopNotReachable, match=rf"{tmp_path}.*make demo.*VITRINE_HOME.*VITRINE_URL"):
        connect()


def test_a_wrong_password_of_the_warehouse_says_where_the_right_one_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(home))
    address = analyst_address(local_settings(os.environ), os.environ)
    token = embedded.endpoint(embedded.WAREHOUSE, home=home).analyst_token
    with pytest.raises(CredentialRefused, match=r"python -m analytics_pipeline\.analyst"):
        connect(warehouse_url=address.replace(token, "guess")).sql("SELECT 1")
    with pytest.raises(ShopNotReachable, match="tunnel"):
        connect(warehouse_url="http://analyst:guess@127.0.0.1:9/vitrine").sql("SELECT 1")


def test_an_address_without_a_shop_is_reported() -> None:
    with pytest.raises(ShopNotReachable, match=r"127\.0\.0\.1:9 doesn't respond"):
        connect("http://127.0.0.1:9", token="a")


def test_a_server_needs_the_analysts_password() -> None:
    environ = {"CLICKHOUSE_URL": "http://shop:secret@clickhouse:8123/vitrine"}
    settings = local_settings(environ)

    assert analyst_address(settings, environ) == ""
    assert (
        analyst_address(settings, {"CLICKHOUSE_ANALYST_PASSWORD": "p@ss"})
        == "http://analyst:p%40ss@clickhouse:8123/vitrine"
    )


def access_file(tmp_path: Path, content: str, *, mode: int = 0o600) -> dict[str, str]:
    path = tmp_path / "access.toml"
    path.write_text(content)
    path.chmod(mode)
    return {"VITRINE_ACCESS_FILE": str(path)}


def test_arguments_precede_variables_and_these_precede_the_file(tmp_path: Path) -> None:
    environ = access_file(tmp_path, 'url = "https://shop.example/"\nphone = "+1"\npassword = "file"')

    assert Access.find(environ) == Access(url="https://shop.example", phone="+1", password="file")
    named = Access.find({**environ, "VITRINE_PHONE": "+2"}, password="given")
    assert named == Access(url="https://shop.example", phone="+2", password="given")
    assert "given" not in repr(named)


def test_credentials_are_used_for_their_own_shop_only(tmp_path: Path) -> None:
    environ = access_file(tmp_path, 'url = "https://shop.example"\npassword = "file"')

    assert Access.find(environ, url="https://other.example") == Access(url="https://other.example")
    assert Access.find(environ, url="https://shop.example/").password == "file"


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        ('password = "a"', 0o644, "chmod 600"),
        ('pasword = "a"', 0o600, "pasword must be one of url, phone, password"),
        ("password = 1", 0o600, "and a text"),
        ("password", 0o600, "not TOML"),
        ('url = "ftp://shop.example"', 0o600, "must begin with http"),
    ],
)
def test_an_unusable_access_file_is_refused(tmp_path: Path, content: str, mode: int, message: str) -> None:
    with pytest.raises(InvalidAccess, match=message):
        Access.find(access_file(tmp_path, content, mode=mode))


def test_a_missing_access_file_is_refused_only_if_it_is_named(tmp_path: Path) -> None:
    assert Access.find({}) == Access()
    with pytest.raises(InvalidAccess, match="VITRINE_ACCESS_FILE"):
        Access.find({"VITRINE_ACCESS_FILE": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2024, 3, 31), date(2024, 2, 1), date(2024, 2, 29)),
        (date(2026, 1, 1), date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_the_last_month_is_the_complete_one_before_today(
    shop: Shop, today: date, first: date, last: date
) -> None:
    assert shop.last_month(today=today) == (first, last)
