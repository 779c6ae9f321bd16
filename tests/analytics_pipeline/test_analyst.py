"""What the warehouse's read-only user can do, and what neither user can."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import clickhouse_connect
import pytest

from analytics_pipeline import embedded, migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.warehouse_http import send, wait_until

CONFIG = Path(migrate.__file__).parent / "chdb_server" / "config"
# Any file of the machine that everybody may read.
FILE = "/etc/passwd"
ADDRESS = "http://127.0.0.1:9/x"


@pytest.fixture(scope="module", name="settings")
def migrated_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipelineSettings]:
    settings = PipelineSettings(home=tmp_path_factory.mktemp("home"))
    with embedded.ensure(settings, embedded.WAREHOUSE):
        warehouse = Warehouse(settings)
        migrate.migrate(warehouse)
        warehouse.command(
            "INSERT INTO dead_letters VALUES ('1-1', 0, now64(3), generateUUIDv4(), 'why', 'secret', 0, 0)"
        )
        yield settings
        warehouse.close()


# What reads a file, writes one or opens a connection, in many ways of writing it.
OUTWARD = [
    f"SELECT * FROM file('{FILE}', 'LineAsString')",
    f"SELECT file('{FILE}')",
    f"SELECT file /* c */ ('{FILE}')",
    f"SELECT `file`('{FILE}')",
    rf"SELECT `\x66ile`('{FILE}')",
    f"SELECT \"file\"('{FILE}')",
    f"SELECT “file”('{FILE}')",
    f"SELECT length(FILE('{FILE}'))",
    f"SELECT * APPLY file FROM (SELECT '{FILE}' AS x)",
    f"SELECT arrayMap(x -> file(x), ['{FILE}'])",
    f"WITH (SELECT file('{FILE}')) AS x SELECT x",
    f"SELECT * FROM view(SELECT file('{FILE}'))",
    f"SELECT * FROM eval('SELECT file(''{FILE}'')')",
    f"DESCRIBE TABLE file('{FILE}')",
    f"DESCRIBE (SELECT file('{FILE}'))",
    f"EXPLAIN SELECT file('{FILE}')",
    f"SELECT * FROM default.`{FILE}`",
    f"SELECT * FROM `{FILE}`",
    f"SELECT * FROM fileCluster('default', '{FILE}', 'LineAsString')",
    f"SELECT * FROM sqlite('{FILE}', 'x')",
    "SELECT * FROM filesystem('/etc')",
    "SELECT * FROM icebergLocal('/tmp')",
    "SELECT * FROM executable('x.sh', 'TSV', 'a String')",
    "SELECT * FROM python(server)",
    f"SELECT * FROM numbers(1) FORMAT Template SETTINGS format_template_row = '{FILE}'",
    "SELECT 1 INTO OUTFILE '{written}'",
    "SELECT 1 INTO -- c\n OUTFILE '{written}' FORMAT CSV",
    "SELECT 1 INTO OUTFILE $${written}$$ APPEND",
    "SHOW DATABASES INTO OUTFILE '{written}'",
    "EXPLAIN SELECT 1 INTO OUTFILE '{written}'",
    "SELECT 1; SELECT 1 INTO OUTFILE '{written}'",
    f"SELECT * FROM url('{ADDRESS}', 'LineAsString', 'a String')",
    f"SELECT * FROM urlCluster('default', '{ADDRESS}', 'LineAsString', 'a String')",
    f"SELECT * FROM s3('{ADDRESS}abc/x.csv', NOSIGN, 'CSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1:9', system.one)",
    "SELECT * FROM remoteSecure('127.0.0.1:9', system.one)",
    "SELECT * FROM cluster('default', system.one)",
    "SELECT * FROM mysql('127.0.0.1:9', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:9', 'a', 'b', 'c', 'd')",
    "SELECT * FROM mongodb('127.0.0.1:9', 'a', 'b', 'c', 'd', 'x String')",
    "SELECT * FROM redis('127.0.0.1:9', 'k', 'k String')",
    "SELECT * FROM jdbc('x', 'y', 'z')",
    "SELECT * FROM odbc('x', 'y', 'z')",
    "SELECT * FROM hdfs('hdfs://127.0.0.1:9/x', 'TSV', 'a String')",
    "SELECT * FROM azureBlobStorage('x', 'y', 'z')",
    "SELECT aiGenerate('x', 'y')",
    f"SELECT 1 AS a FORMAT AvroConfluent SETTINGS format_avro_schema_registry_url = '{ADDRESS}'",
    "SELECT 1 AS a FORMAT Protobuf SETTINGS output_format_schema = '{written}'",
    "SHOW TABLES PARALLEL WITH SELECT 1 INTO OUTFILE '{written}'",
    f"SELECT 1 SETTINGS additional_result_filter = 'throwIf(1 = 1, file(\\'{FILE}\\'))'",
    f"SELECT 1 SETTINGS max_threads = 1, select = 'file(\\'{FILE}\\')'",
]
# The same through parameters of the URL.
OUTWARD_SETTINGS = {
    "additional_result_filter": f"throwIf(1 = 1, file('{FILE}'))",
    "additional_table_filters": f"{{'system.one': 'toUInt8(file(\\'{FILE}\\')) = 1'}}",
    "ast_fuzzer_runs": "10",
    "filter": f"toUInt8(file('{FILE}')) = 1",
    "order": f"toUInt8(file('{FILE}'))",
    "parallel_replicas_custom_key": f"length(file('{FILE}'))",
    "select": f"file('{FILE}')",
    "sort": f"file('{FILE}')",
}
# The same through the structure, the format and the rows of a table that comes with a query.
OUTWARD_EXTERNALS = [
    ("a String", "Values", f"(file('{FILE}'))"),
    ("a String", "Values", f"('x'), (concat('x', file('{FILE}')))"),
    ("a String", "Values", "((SELECT any(payload) FROM vitrine.dead_letters))"),
    (f"a String, b String DEFAULT(file('{FILE}'))", "JSONEachRow", '{"a": "x"}'),
    (f"a String, b String\tMATERIALIZED(file('{FILE}'))", "JSONEachRow", '{"a": "x"}'),
    (f"a String, CONSTRAINT c CHECK toUInt8(file('{FILE}')) = 1", "TSV", "x"),
    (f"a String, CONSTRAINT c CHECK(toUInt8(file('{FILE}')) = 1)", "TSV", "x"),
    (f"a String, CONSTRAINT c ASSUME(toUInt8(file('{FILE}')) = 1)", "TSV", "x"),
    (f"a String, b Date TTL(toDate(file('{FILE}')))", "JSONEachRow", '{"a": "x"}'),
]
# The same through statements that change something.
OUTWARD_BY_WRITING = [
    "INSERT INTO FUNCTION file('{written}', 'TSV', 'a Int8') VALUES (1)",
    f"INSERT INTO taken FROM INFILE '{FILE}' FORMAT LineAsString",
    f"INSERT INTO taken VALUES (file('{FILE}'))",
    f"INSERT INTO taken VALUES ('a'), (file /* c */ ('{FILE}'))",
    f"INSERT INTO taken SELECT file('{FILE}')",
    f"CREATE TABLE other (a String) ENGINE = File(LineAsString, '{FILE}')",
    f"CREATE TABLE other (a String) ENGINE File(LineAsString, '{FILE}')",
    f"CREATE TABLE other (a String) ENGINE = URL('{ADDRESS}', LineAsString)",
    f"CREATE TABLE other (a String DEFAULT file('{FILE}')) ENGINE = Memory",
    f"CREATE TABLE other AS file('{FILE}', 'LineAsString')",
    f"CREATE VIEW other AS SELECT file('{FILE}')",
    "CREATE FUNCTION other AS (x) -> file(x)",
    f"DROP TABLE IF EXISTS x PARALLEL WITH CREATE TABLE other (a String) ENGINE = File(LineAsString, '{FILE}')",
    f"CREATE TABLE other (a Int8) ORDER BY a SETTINGS disk = disk(type = s3, endpoint = '{ADDRESS}abc/y/')",
    "CREATE TABLE other (a Int8) ORDER BY a SETTINGS disk = disk(type = local, path = '{written}')",
    "CREATE DATABASE other ENGINE = Filesystem('/etc')",
    "CREATE DATABASE other ENGINE = SQLite('/tmp/x')",
    f"CREATE DICTIONARY other (a UInt64) PRIMARY KEY a SOURCE(FILE(PATH '{FILE}' FORMAT 'TSV')) LIFETIME(0) LAYOUT(FLAT())",
    "CREATE NAMED COLLECTION other AS a = 1",
    "BACKUP TABLE taken TO File('{written}')",
    "BACKUP TABLE taken TO Disk('default', 'x')",
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("user", [embedded.ANALYST, embedded.USER])
@pytest.mark.parametrize("statement", OUTWARD)
def test_no_user_reads_or_writes_a_file_or_opens_a_connection(
    settings: PipelineSettings, tmp_path: Path, statement: str, user: str, method: str
) -> None:
    written = tmp_path / "written"
    answer = send(settings, user=user, statement=statement.replace("{written}", str(written)), method=method)
    assert answer.status >= 400, answer.content
    assert re.match(r"Code: \d+\.", answer.content)
    assert "root:" not in answer.content
    assert not written.exists()


@pytest.mark.parametrize("user", [embedded.ANALYST, embedded.USER])
@pytest.mark.parametrize("name", OUTWARD_SETTINGS)
def test_no_user_reads_a_file_through_a_setting(settings: PipelineSettings, name: str, user: str) -> None:
    answer = send(settings, "SELECT * FROM system.one", user=user, more={name: OUTWARD_SETTINGS[name]})
    assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "497")
    assert "root:" not in answer.content


@pytest.mark.parametrize("user", [embedded.ANALYST, embedded.USER])
@pytest.mark.parametrize(("structure", "format_", "rows"), OUTWARD_EXTERNALS)
def test_no_user_reads_a_file_or_a_table_through_external_data(
    settings: PipelineSettings, structure: str, format_: str, rows: str, user: str
) -> None:
    form = f'--x\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\n{rows}\r\n--x--\r\n'
    answer = send(
        settings,
        form,
        user=user,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        query="SELECT * FROM t",
        t_structure=structure,
        t_format=format_,
    )
    assert answer.status >= 400, answer.content
    assert "root:" not in answer.content
    assert "secret" not in answer.content


def test_external_data_in_values_may_hold_literals(settings: PipelineSettings) -> None:
    form = b"--x\r\nContent-Disposition: form-data; name=\"t\"; filename=\"t\"\r\n\r\n('file (x)'), ('y')\r\n--x--\r\n"
    answer = send(
        settings,
        form,
        user=embedded.ANALYST,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        query="SELECT * FROM t",
        t_structure="a String",
        t_format="Values",
    )
    assert (answer.status, answer.content) == (200, "file (x)\ny\n")


@pytest.mark.parametrize("user", [embedded.ANALYST, embedded.USER])
@pytest.mark.parametrize("statement", OUTWARD_BY_WRITING)
def test_no_user_reaches_a_file_by_changing_something(
    settings: PipelineSettings, tmp_path: Path, statement: str, user: str
) -> None:
    send(settings, user=embedded.USER, statement="CREATE OR REPLACE TABLE taken (a String) ENGINE = Memory")
    written = tmp_path / "written"
    answer = send(settings, user=user, statement=statement.replace("{written}", str(written)))
    assert answer.status >= 400, answer.content
    assert "root:" not in answer.content
    assert not written.exists()
    assert send(settings, user=embedded.USER, statement="SELECT count() FROM taken").content == "0\n"
    assert send(settings, user=embedded.USER, statement="EXISTS TABLE other").content == "0\n"


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
        "KILL QUERY WHERE 1",
        "SHOW TABLES PARALLEL WITH KILL QUERY WHERE 1",
        "\u00a0KILL QUERY WHERE 1",
        "/* c */\u2003KILL QUERY WHERE 1",
        "INSERT INTO taken VALUES ('a') UNION ALL SELECT 1",
    ],
)
def test_an_analyst_reads_the_views_and_nothing_else(settings: PipelineSettings, statement: str) -> None:
    answer = send(settings, user=embedded.ANALYST, statement=statement, param_where="system")
    assert answer.status >= 400, answer.content
    assert "secret" not in answer.content


@pytest.mark.parametrize(
    "parameters",
    [
        {"max_memory_usage": "900000000000"},
        {"max_execution_time": "3600"},
        {"readonly": "0"},
        {"dialect": "prql"},
        {"format_schema": "/etc/passwd:x"},
        {"input_format_record_errors_file_path": "/tmp/x"},
        {"database": "system"},
        {"role": "shop", "profile": "default", "max_memory_usage": "900000000000"},
    ],
)
def test_an_analyst_can_not_lift_the_limits(settings: PipelineSettings, parameters: dict[str, str]) -> None:
    statement = "SELECT currentRoles(), getSetting('readonly'), count() FROM processes"
    assert send(settings, user=embedded.ANALYST, statement=statement, more=parameters).status >= 400


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
def test_a_limit_of_an_analyst_can_be_lowered_and_not_lifted(
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
        answer = send(
            settings, user=embedded.ANALYST, statement=f"SELECT * FROM {view} LIMIT 200 FORMAT JSON"
        )
        assert answer.status == 200, answer.content
        assert "secret" not in answer.content
        assert "why" not in answer.content
    counted = send(settings, user=embedded.ANALYST, statement="SELECT count() FROM dead_letters_public")
    assert counted.content == "1\n"


def granted() -> set[str]:
    """The views that the analyst's role may read."""
    tree = ElementTree.parse(CONFIG / "users.d" / "analyst.xml")
    grants = [query.text or "" for query in tree.findall("roles/analyst/grants/query")]
    return {grant.removeprefix(f"GRANT SELECT ON {embedded.DATABASE}.") for grant in grants}


def test_the_views_that_run_with_their_owners_rights_are_those_that_analysts_may_read() -> None:
    public = {migration.name for migration in migrate.load() if "SQL SECURITY DEFINER" in migration.statement}
    assert public == granted()


def test_an_analyst_ends_own_statements_and_no_others(settings: PipelineSettings) -> None:
    endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
    with ThreadPoolExecutor() as pool:
        running = {
            user: pool.submit(send, settings, endless, user=user, query_id=user)
            for user in (embedded.USER, embedded.ANALYST)
        }
        wait_until(lambda: len(ids(settings)) == 2)
        others = send(
            settings, user=embedded.ANALYST, statement=f"KILL QUERY WHERE query_id = '{embedded.USER}'"
        )
        assert (others.status, ids(settings)) == (403, {embedded.USER, embedded.ANALYST})
        for user in (embedded.ANALYST, embedded.USER):
            assert (
                send(settings, user=user, statement=f"KILL QUERY WHERE query_id = '{user}' SYNC").status
                == 200
            )
            assert "QUERY_WAS_CANCELLED" in running[user].result(timeout=20).content
    assert (
        send(settings, user=embedded.ANALYST, statement="KILL QUERY WHERE query_id = 'nothing'").status == 200
    )


def ids(settings: PipelineSettings) -> set[str]:
    """The ids of the long statements that are running, as the engine shows them."""
    shown = "SELECT Settings['log_comment'] FROM system.processes WHERE query LIKE '%sipHash64(number)%1%' AND query NOT LIKE '%system%'"
    return set(send(settings, user=embedded.USER, statement=shown).content.split())


@pytest.mark.parametrize("password", ["", "guess"])
def test_an_analyst_needs_the_password(settings: PipelineSettings, password: str) -> None:
    port = embedded.endpoint(embedded.WAREHOUSE, home=settings.home).port
    with pytest.raises(clickhouse_connect.driver.exceptions.ClickHouseError, match=r"516|194"):
        clickhouse_connect.get_client(
            host="127.0.0.1", port=port, username=embedded.ANALYST, password=password
        )


def test_the_files_of_the_warehouse_are_its_owners_alone(settings: PipelineSettings) -> None:
    folders = [settings.home / "warehouse", settings.home / "run", settings.home / "logs"]
    found = [path for folder in folders for path in folder.rglob("*")]
    assert found
    assert [path for path in found if os.lstat(path).st_mode & 0o077 and not path.is_symlink()] == []
