"""What the warehouse's read-only user may do."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import clickhouse_connect
import pytest

from analytics_pipeline import embedded, migrate
from analytics_pipeline.settings import PipelineSettings
from tests.analytics_pipeline.analyst_views import views_with_definers_rights
from tests.analytics_pipeline.warehouse_http import send
from tests.services.waiting import wait_until

CONFIG = Path(migrate.__file__).parent / "chdb_server" / "config"


@pytest.fixture(scope="module", name="settings")
def own_home(migrated_home: PipelineSettings) -> PipelineSettings:
    return migrated_home


ACCESS_DENIED, READONLY = "497", "164"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT payload FROM dead_letters",
        "SELECT payload FROM vitrine.dead_letters",
        "SELECT payload FROM merge('vitrine', 'dead_letters.*')",
        "SELECT * FROM mergeTreeIndex('vitrine', 'dead_letters')",
        "SELECT * FROM loop(dead_letters)",
        "SELECT * FROM view(SELECT payload FROM dead_letters)",
        "DESCRIBE TABLE dead_letters",
        "SHOW CREATE TABLE dead_letters",
        "SELECT hasColumnInTable('vitrine', 'dead_letters', 'payload')",
        "SELECT * FROM events",
        "SELECT * FROM shopper_links",
        "SELECT query FROM system.processes",
        'SELECT query FROM "system" . `processes`',
        "SELECT * FROM merge('system', 'processes')",
        "SELECT * FROM {where:Identifier}.processes",
        "SELECT * FROM (SELECT * FROM system.stack_trace)",
        "SELECT 1 IN (SELECT 1 FROM system.errors)",
        "SHOW PROCESSLIST",
        "KILL QUERY WHERE 1",
        "SHOW TABLES PARALLEL WITH KILL QUERY WHERE 1",
        "\u00a0KILL QUERY WHERE 1",
        "/* c */\u2003KILL QUERY WHERE 1",
        "SELECT getServerSetting('path')",
        "SELECT `getServerSetting`('path')",
        "SELECT * APPLY getServerSetting FROM (SELECT 'path' AS x)",
        "SELECT getMergeTreeSetting('disk')",
        "SELECT logTrace('x')",
        "SELECT hostName()",
        "SELECT FQDN()",
        "SELECT filesystemCapacity()",
        "SELECT serverUUID()",
        "SELECT tcpPort()",
        "SELECT getMacro('x')",
        "SELECT getOSKernelVersion()",
        "SELECT addressToSymbol(1)",
        "SELECT sleep(1)",
        "SELECT sleepEachRow(1)",
        "SELECT * APPLY SLEEP FROM (SELECT 1)",
        "SELECT uptime()",
        "SELECT displayName()",
        "SELECT buildId()",
        "SELECT * FROM merge('system', 'databases')",
        "SELECT * FROM loop(system, databases)",
        "SELECT * FROM loop('system', 'databases')",
        "SELECT * FROM system.databases WHERE name IN (system.databases)",
    ],
)
def test_an_analyst_can_read_only_the_public_views(settings: PipelineSettings, statement: str) -> None:
    response = send(settings, user=embedded.ANALYST, statement=statement, param_where="system")
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (403, ACCESS_DENIED)
    assert "secret" not in response.content


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO taken VALUES ('a')",
        "CREATE TABLE own (a Int8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE own (a Int8)",
        "DROP TABLE products",
        "TRUNCATE TABLE products",
        "ALTER TABLE products DELETE WHERE 1",
        "OPTIMIZE TABLE products",
        "SYSTEM FLUSH LOGS",
        "SET ROLE shop",
        "SET readonly = 0",
        "SET profile = 'default'",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_memory_usage = 0",
        "SELECT 1 SETTINGS profile = 'default', max_memory_usage = 0",
        "GRANT SELECT ON *.* TO default",
        "CREATE USER other",
        "EXECUTE AS default SELECT 1",
        "INSERT INTO taken VALUES ('a') UNION ALL SELECT 1",
    ],
)
def test_an_analyst_cannot_change_anything(settings: PipelineSettings, statement: str) -> None:
    response = send(settings, user=embedded.ANALYST, statement=statement)
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (403, READONLY)


@pytest.mark.parametrize(
    "parameters",
    [
        {"dialect": "prql"},
        {"format_schema": "/etc/passwd:x"},
        {"input_format_record_errors_file_path": "/tmp/x"},
        {"database": "system"},
        {"profile": "default"},
    ],
)
def test_an_analyst_cannot_override_the_settings_that_the_role_fixes(
    settings: PipelineSettings, parameters: dict[str, str]
) -> None:
    assert send(settings, "SELECT 1", user=embedded.ANALYST).status == 200
    response = send(settings, "SELECT 1", user=embedded.ANALYST, more=parameters)
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (403, ACCESS_DENIED)


@pytest.mark.parametrize("parameters", [{"readonly": "0"}, {"role": "shop"}])
def test_an_analyst_stays_read_only_when_a_request_sets_another_mode_or_role(
    settings: PipelineSettings, parameters: dict[str, str]
) -> None:
    statement = "SELECT currentRoles(), getSetting('readonly')"
    response = send(settings, statement, user=embedded.ANALYST, more=parameters)
    assert response.content == "['analyst']\t1\n"


def test_an_analyst_cannot_set_a_weaker_read_only_mode(settings: PipelineSettings) -> None:
    response = send(settings, "SELECT 1", user=embedded.ANALYST, more={"readonly": "2"})
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (403, READONLY)


@pytest.mark.parametrize("format_", ["JSON", "Parquet", "TSV"])
@pytest.mark.parametrize("user", [embedded.ANALYST, embedded.USER])
def test_a_lowered_result_limit_applies_in_every_format(
    settings: PipelineSettings, user: str, format_: str
) -> None:
    statement = f"SELECT toString(number) FROM numbers(100000) FORMAT {format_}"
    response = send(settings, statement, user=user, more={"max_result_bytes": "1000"})
    assert "TOO_MANY_ROWS_OR_BYTES" in response.content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_execution_time", "0"),
        ("max_execution_time", "61"),
        ("max_memory_usage", "0"),
        ("max_memory_usage", "2000000001"),
        ("max_result_bytes", "0"),
        ("max_result_bytes", "1000000001"),
    ],
)
def test_an_analyst_can_lower_a_limit_but_not_raise_it(
    settings: PipelineSettings, name: str, value: str
) -> None:
    refused = send(settings, "SELECT 1", user=embedded.ANALYST, more={name: value})
    assert refused.headers["X-ClickHouse-Exception-Code"] == "452"
    lower = {"max_execution_time": "5", "max_memory_usage": "100000000", "max_result_bytes": "100000"}[name]
    statement = f"SELECT getSetting('{name}')"
    assert send(settings, statement, user=embedded.ANALYST, more={name: lower}).content == f"{lower}\n"


def test_an_analyst_reads_every_public_view_and_sees_no_payload(settings: PipelineSettings) -> None:
    shown = send(settings, user=embedded.ANALYST, statement="SHOW TABLES").content.split()
    assert shown == sorted(granted())
    for view in shown:
        response = send(
            settings, user=embedded.ANALYST, statement=f"SELECT * FROM {view} LIMIT 200 FORMAT JSON"
        )
        assert response.status == 200, response.content
        assert "secret" not in response.content
        assert "why" not in response.content
    counted = send(settings, user=embedded.ANALYST, statement="SELECT count() FROM dead_letters_public")
    assert counted.content == "1\n"


def granted() -> set[str]:
    """Return the views that the analyst's role may read."""
    tree = ElementTree.parse(CONFIG / "users.d" / "analyst.xml")
    grants = [query.text or "" for query in tree.findall("roles/analyst/grants/query")]
    return {grant.removeprefix(f"GRANT SELECT ON {embedded.DATABASE}.") for grant in grants}


def test_exactly_the_views_for_analysts_run_with_their_definers_rights() -> None:
    public = set(views_with_definers_rights())
    assert public == granted()


def test_an_analyst_can_kill_own_queries_but_no_others(settings: PipelineSettings) -> None:
    endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
    with ThreadPoolExecutor() as pool:
        queries = {
            user: pool.submit(send, settings, endless, user=user, query_id=user)
            for user in (embedded.USER, embedded.ANALYST)
        }
        wait_until(lambda: len(running_ids(settings)) == 2)
        refused = send(
            settings, user=embedded.ANALYST, statement=f"KILL QUERY WHERE query_id = '{embedded.USER}'"
        )
        assert (refused.status, running_ids(settings)) == (403, {embedded.USER, embedded.ANALYST})
        for user in (embedded.ANALYST, embedded.USER):
            assert (
                send(settings, user=user, statement=f"KILL QUERY WHERE query_id = '{user}' SYNC").status
                == 200
            )
            assert "QUERY_WAS_CANCELLED" in queries[user].result(timeout=20).content
    assert (
        send(settings, user=embedded.ANALYST, statement="KILL QUERY WHERE query_id = 'nothing'").status == 200
    )


def running_ids(settings: PipelineSettings) -> set[str]:
    """Return the ids of the endless queries that are running, as the engine lists them."""
    shown = "SELECT Settings['log_comment'] FROM system.processes WHERE query LIKE '%sipHash64(number)%1%' AND query NOT LIKE '%system%'"
    return set(send(settings, user=embedded.USER, statement=shown).content.split())


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("SELECT name, database, data_path FROM system.databases", [["vitrine", "vitrine", ""]]),
        (
            "SELECT data_path, metadata_path FROM `system`. /* c */ `databases` WHERE name = 'vitrine'",
            [["", ""]],
        ),
        ("SELECT d.data_path FROM system.databases AS d, system.tables AS t LIMIT 1", [[""]]),
        ("SELECT system.databases.data_path FROM system.databases", [[""]]),
        ("SELECT databases.name FROM system.databases", [["vitrine"]]),
        (
            "SELECT data_paths, metadata_path, `table` FROM system.tables WHERE name = 'sales_by_day'",
            [[[], "", "sales_by_day"]],
        ),
        (
            "SELECT t.name FROM system.databases d JOIN system.tables t ON t.database = d.name AND t.table LIKE 'sales%'",
            [["sales_by_day"]],
        ),
        (
            (
                "SELECT system.databases.data_path FROM system.tables t JOIN system.databases d "
                "ON system.tables.database = system.databases.name LIMIT 1"
            ),
            [[""]],
        ),
        ("WITH x AS (SELECT * FROM system.databases) SELECT data_path FROM x", [[""]]),
        ("SELECT data_path FROM view(SELECT * FROM system.databases)", [[""]]),
        ("SELECT count() FROM system.columns WHERE table = 'sales_by_day' AND name = 'day'", [[1]]),
        (
            "SELECT TABLE_NAME FROM information_schema.tables WHERE table_name = 'sales_by_day'",
            [["sales_by_day"]],
        ),
    ],
)
def test_an_analyst_sees_databases_and_tables_without_paths(
    settings: PipelineSettings, statement: str, rows: list[list[object]]
) -> None:
    response = send(settings, statement, user=embedded.ANALYST, default_format="JSONCompactEachRow")
    assert response.status == 200, response.content
    shown = [json.loads(line) for line in response.content.splitlines()]
    assert [row for row in shown if row != ["information_schema"] and "INFORMATION" not in str(row)] == rows


def test_no_system_table_shows_an_analyst_the_path_of_the_warehouse(settings: PipelineSettings) -> None:
    tables = send(settings, "SELECT name FROM system.tables WHERE database = 'system'").content.split()
    for name in tables:
        response = send(settings, f"SELECT * FROM system.{name} LIMIT 500", user=embedded.ANALYST)
        assert str(settings.home) not in response.content, name


@pytest.mark.parametrize("password", ["", "guess"])
def test_an_analyst_needs_the_password(settings: PipelineSettings, password: str) -> None:
    port = embedded.endpoint(embedded.WAREHOUSE, home=settings.home).port
    with pytest.raises(clickhouse_connect.driver.exceptions.ClickHouseError, match=r"516|194"):
        clickhouse_connect.get_client(
            host="127.0.0.1", port=port, username=embedded.ANALYST, password=password
        )


def test_only_the_owner_can_access_the_warehouses_files(settings: PipelineSettings) -> None:
    folders = [settings.home / "warehouse", settings.home / "run", settings.home / "logs"]
    found = [path for folder in folders for path in folder.rglob("*")]
    assert found
    assert [path for path in found if os.lstat(path).st_mode & 0o077 and not path.is_symlink()] == []
