"""Neither user of the warehouse can read or write a file of the machine, or open a connection."""

import re
from pathlib import Path

import pytest

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings
from tests.analytics_pipeline.warehouse_http import send

# Any world-readable file of the machine.
FILE = "/etc/passwd"
ADDRESS = "http://127.0.0.1:9/x"


@pytest.fixture(scope="module", name="settings")
def own_home(migrated_home: PipelineSettings) -> PipelineSettings:
    return migrated_home


# Statements that would read or write a file or open a connection, in many spellings.
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
# URL parameters that would do so.
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
# External tables whose structure or rows would do so.
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
# Statements that write and would do so.
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
def test_no_user_can_read_or_write_a_file_or_open_a_connection(
    settings: PipelineSettings, tmp_path: Path, statement: str, user: str, method: str
) -> None:
    written = tmp_path / "written"
    response = send(
        settings, user=user, statement=statement.replace("{written}", str(written)), method=method
    )
    assert response.status >= 400, response.content
    assert re.match(r"Code: \d+\.", response.content)
    assert "root:" not in response.content
    assert not written.exists()


@pytest.mark.parametrize("user", [embedded.ANALYST, embedded.USER])
@pytest.mark.parametrize("name", OUTWARD_SETTINGS)
def test_no_user_can_read_a_file_through_a_setting(settings: PipelineSettings, name: str, user: str) -> None:
    response = send(settings, "SELECT * FROM system.one", user=user, more={name: OUTWARD_SETTINGS[name]})
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (403, "497")
    assert "root:" not in response.content


@pytest.mark.parametrize("user", [embedded.ANALYST, embedded.USER])
@pytest.mark.parametrize(("structure", "format_", "rows"), OUTWARD_EXTERNALS)
def test_no_user_can_read_a_file_or_a_table_through_external_data(
    settings: PipelineSettings, structure: str, format_: str, rows: str, user: str
) -> None:
    form = f'--x\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\n{rows}\r\n--x--\r\n'
    response = send(
        settings,
        form,
        user=user,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        query="SELECT * FROM t",
        t_structure=structure,
        t_format=format_,
    )
    assert response.status >= 400, response.content
    assert "root:" not in response.content
    assert "secret" not in response.content


def test_external_data_in_the_values_format_may_contain_literals(settings: PipelineSettings) -> None:
    form = b"--x\r\nContent-Disposition: form-data; name=\"t\"; filename=\"t\"\r\n\r\n('file (x)'), ('y')\r\n--x--\r\n"
    response = send(
        settings,
        form,
        user=embedded.ANALYST,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        query="SELECT * FROM t",
        t_structure="a String",
        t_format="Values",
    )
    assert (response.status, response.content) == (200, "file (x)\ny\n")


@pytest.mark.parametrize("user", [embedded.ANALYST, embedded.USER])
@pytest.mark.parametrize("statement", OUTWARD_BY_WRITING)
def test_no_user_can_access_a_file_through_a_statement_that_writes(
    settings: PipelineSettings, tmp_path: Path, statement: str, user: str
) -> None:
    send(settings, user=embedded.USER, statement="CREATE OR REPLACE TABLE taken (a String) ENGINE = Memory")
    written = tmp_path / "written"
    response = send(settings, user=user, statement=statement.replace("{written}", str(written)))
    assert response.status >= 400, response.content
    assert "root:" not in response.content
    assert not written.exists()
    assert send(settings, user=embedded.USER, statement="SELECT count() FROM taken").content == "0\n"
    assert send(settings, user=embedded.USER, statement="EXISTS TABLE other").content == "0\n"
