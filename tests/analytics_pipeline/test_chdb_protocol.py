"""The embedded warehouse's HTTP interface, compared byte by byte where drivers depend on it."""

import gzip
import io
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import clickhouse_connect
import pytest
from clickhouse_connect.driver.external import ExternalData

from analytics_pipeline import embedded
from analytics_pipeline.chdb_server import blocks, body, errors, formats, statements
from analytics_pipeline.settings import PipelineSettings
from tests.analytics_pipeline.warehouse_http import send
from tests.services.waiting import wait_until

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
RUNNING = "SELECT Settings['log_comment'] FROM system.processes WHERE query NOT LIKE '%system%'"
FAILING = "SELECT number, throwIf(number = 5) FROM numbers(10) SETTINGS max_block_size = 1"
TIMING = re.compile(rb'"(elapsed|bytes_read|rows_read)": [\d.e-]+|<elapsed>[\d.e-]+')
WHOLE_FORMATS = ("JSON", "JSONCompact", "Pretty", "Parquet", "Arrow", "XML", "Markdown")


@pytest.fixture(scope="module", name="settings")
def running_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipelineSettings]:
    settings = PipelineSettings(home=tmp_path_factory.mktemp("home"))
    with embedded.ensure(settings, embedded.WAREHOUSE):
        yield settings


@pytest.mark.parametrize("session", [{}, {"session_id": "s"}])
@pytest.mark.parametrize("format_", [*WHOLE_FORMATS, "TabSeparated", "RowBinaryWithNamesAndTypes", "Native"])
def test_output_of_a_failed_query_does_not_appear_in_the_next_response(
    settings: PipelineSettings, format_: str, session: dict[str, str]
) -> None:
    statement = "SELECT 'well' AS said"
    before = send(settings, statement, default_format=format_, more=session)
    send(settings, FAILING, default_format=format_, more=session)
    after = send(settings, statement, default_format=format_, more=session)
    assert after.status == 200
    assert TIMING.sub(b"", after.body) == TIMING.sub(b"", before.body)


@pytest.mark.parametrize("session", [{}, {"session_id": "s"}])
def test_settings_database_and_read_only_mode_last_for_one_request(
    settings: PipelineSettings, session: dict[str, str]
) -> None:
    statement = "SELECT getSetting('max_block_size'), currentDatabase(), getSetting('readonly')"
    default = send(settings, statement, more=session).content
    changed = send(settings, statement, method="GET", max_block_size="77", database="system", more=session)
    assert changed.content == "77\tsystem\t2\n"
    assert send(settings, statement, more=session).content == default


def test_external_data_can_be_sent_twice_under_one_name(settings: PipelineSettings) -> None:
    client = clickhouse_connect.get_client(
        dsn=embedded.clickhouse_url(settings), autogenerate_session_id=True
    )
    for number in (1, 2):
        external = ExternalData(
            file_name="wanted", data=f"{number}\n".encode(), fmt="CSV", structure=["id UInt8"]
        )
        assert client.query("SELECT id FROM wanted", external_data=external).result_rows == [(number,)]


@pytest.mark.parametrize(
    "structure",
    [
        "a Int8) AS SELECT * FROM (SELECT 1",
        "a String DEFAULT file('/etc/passwd')",
        'a Int8, PRIMARY KEY "',
        "a Int8 --",
    ],
)
def test_a_structure_of_external_data_may_only_contain_columns(
    settings: PipelineSettings, structure: str
) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\n1\r\n--x--\r\n'
    response = send(
        settings,
        form,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        query="SELECT * FROM t",
        t_structure=structure,
        t_format="TSV",
    )
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (400, "36")


@pytest.mark.parametrize(
    "format_",
    [
        *WHOLE_FORMATS[:2],
        "CSVWithNamesAndTypes",
        "JSONCompactEachRowWithNamesAndTypes",
        "JSONEachRow",
        "RowBinaryWithNamesAndTypes",
        "TSVWithNames",
        "TabSeparatedWithNamesAndTypes",
    ],
)
@pytest.mark.parametrize("rows", [0, 1, 7])
def test_a_result_is_the_same_in_many_blocks_as_in_one(
    settings: PipelineSettings, format_: str, rows: int
) -> None:
    statement = f'SELECT number, toString(number) AS "a ""quoted""\nname" FROM numbers({rows})'
    in_one = send(settings, statement, default_format=format_, extremes="0")
    in_many = send(settings, statement, default_format=format_, max_block_size="1")
    assert in_many.headers["X-ClickHouse-Format"] == format_
    assert TIMING.sub(b"", in_many.body) == TIMING.sub(b"", in_one.body)
    assert in_one.body or (rows, format_) == (0, "JSONEachRow")


@pytest.mark.parametrize(
    ("statement", "format_"),
    [
        ("SELECT 1", "TabSeparated"),
        ("SELECT 1 FORMAT JSON", "JSON"),
        ("SELECT 1 format JSON -- done", "JSON"),
        ("SELECT 1 FORMAT /* which */ JSON /* c */ ; -- done", "JSON"),
        ("SELECT 1 FORMAT JSON SETTINGS log_queries = 1, count_distinct_implementation = 'uniq; x'", "JSON"),
        ("SELECT 'FORMAT CSV'", "TabSeparated"),
        ("SELECT 1 AS format", "TabSeparated"),
        ("SELECT format FROM x", "TabSeparated"),
        ("SELECT 1 -- FORMAT CSV", "TabSeparated"),
        ("CREATE TABLE x AS SELECT 1 FORMAT CSV", None),
    ],
)
def test_the_output_format_of_a_statement_is_found(statement: str, format_: str | None) -> None:
    assert statements.output_format(statement.encode(), default="TabSeparated") == format_


def test_totals_follow_the_rows(settings: PipelineSettings) -> None:
    response = send(
        settings, "SELECT number % 2 AS k, count() FROM numbers(4) GROUP BY k WITH TOTALS ORDER BY k"
    )
    assert response.content == "0\t2\n1\t2\n\n0\t4\n"


@pytest.mark.parametrize("wait", ["0", "1"])
def test_a_small_response_has_a_content_length_and_a_summary(settings: PipelineSettings, wait: str) -> None:
    response = send(settings, "SELECT number FROM numbers(3)", wait_end_of_query=wait)
    assert response.headers["Content-Length"] == "6"
    assert '"result_rows": "3"' in response.headers["X-ClickHouse-Summary"]


@pytest.mark.parametrize("compress", ["0", "1"])
def test_an_error_after_the_first_rows_is_marked_as_clickhouse_marks_it(
    settings: PipelineSettings, compress: str
) -> None:
    response = send(settings, FAILING, compress=compress)
    tag = response.headers["X-ClickHouse-Exception-Tag"]
    assert re.fullmatch(r"[0-9a-f]{16}", tag)
    marked = re.search(
        rf"\r\n__exception__\r\n{tag}\r\n(Code: 395\..*\n)(\d+) {tag}\r\n__exception__\r\n\Z".encode(),
        response.body,
        re.DOTALL,
    )
    assert marked is not None
    assert int(marked[2]) == len(marked[1])


def test_an_error_has_an_http_status_when_the_client_waits_for_the_end_of_the_query(
    settings: PipelineSettings,
) -> None:
    response = send(settings, FAILING, wait_end_of_query="1")
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (500, "395")


@pytest.mark.parametrize("format_", ["TabSeparated", "JSON"])
def test_blocks_are_compressed_on_request(settings: PipelineSettings, format_: str) -> None:
    statement = "SELECT number FROM numbers(300000)"
    plain = send(settings, statement, default_format=format_)
    compressed = send(settings, statement, default_format=format_, compress="1")
    assert len(compressed.body) < len(plain.body)
    content = io.BufferedReader(blocks.Reader(io.BytesIO(compressed.body))).read()
    assert content.count(b"299999") == plain.body.count(b"299999") == 1
    if format_ == "TabSeparated":
        assert content == plain.body


def test_compressed_blocks_are_accepted_and_damaged_ones_refused(settings: PipelineSettings) -> None:
    sent = b"".join(blocks.compress([b"SELECT 'sent ", b"in blocks'"]))
    assert send(settings, sent, decompress="1").content == "sent in blocks\n"
    damaged = sent[:40] + b"?" + sent[41:]
    response = send(settings, damaged, decompress="1")
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (400, "33")
    assert send(settings, sent[:-3], decompress="1").status == 400


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize(("path", "status"), [("/ping", 200), ("/", 200), ("/play", 404)])
def test_a_ping_needs_no_password_and_other_paths_are_unknown(
    settings: PipelineSettings, path: str, status: int, method: str
) -> None:
    response = send(settings, method=method, path=path, password="")
    assert response.status == status
    assert bool(response.body) == (method == "GET")


def test_head_returns_no_body_and_options_lists_the_methods(settings: PipelineSettings) -> None:
    head = send(settings, "SELECT 1", method="HEAD")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, "2", b"")
    options = send(settings, method="OPTIONS", password="")
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert options.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize(
    ("user", "password", "status", "code"),
    [("vitrine", "guess", 403, "516"), ("other", None, 403, "516"), ("", "", 401, "194")],
)
def test_a_request_needs_a_known_user_and_the_password(
    settings: PipelineSettings, user: str, password: str | None, status: int, code: str
) -> None:
    response = send(settings, "SELECT 1", user=user, password=password)
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (status, code)


def test_a_query_id_is_unique_among_running_queries_and_can_be_killed(settings: PipelineSettings) -> None:
    with ThreadPoolExecutor() as pool:
        running = pool.submit(send, settings, ENDLESS, query_id="mine")
        wait_until(lambda: running_ids(settings) == ["mine"])
        again = send(settings, "SELECT 1", query_id="mine")
        assert again.headers["X-ClickHouse-Exception-Code"] == "216"
        assert send(settings, "KILL QUERY WHERE query_id = 'mine' SYNC").content.startswith("finished")
        response = running.result()
    assert response.headers["X-ClickHouse-Exception-Code"] == "394"
    assert send(settings, "SELECT 1", query_id="mine").headers["X-ClickHouse-Query-Id"] == "mine"


def running_ids(settings: PipelineSettings) -> list[str]:
    """Return the ids of the running queries; those of the server itself have none."""
    return [each for each in send(settings, RUNNING).content.splitlines() if each]


@pytest.mark.parametrize(
    ("option", "ends"),
    [("", True), ("&cancel_http_readonly_queries_on_client_close=0", False)],
)
def test_a_query_ends_when_its_client_disconnects_unless_a_setting_forbids_it(
    settings: PipelineSettings, option: str, ends: bool
) -> None:
    endpoint = embedded.endpoint(embedded.WAREHOUSE, home=settings.home)

    with socket.create_connection(("127.0.0.1", endpoint.port)) as connection:
        connection.sendall(
            f"GET /?query_id=left&query={quote(ENDLESS)}{option} HTTP/1.1\r\nHost: x\r\n"
            f"X-ClickHouse-User: {embedded.USER}\r\nX-ClickHouse-Key: {endpoint.token}\r\n\r\n".encode()
        )
        wait_until(lambda: running_ids(settings) == ["left"])
    if ends:
        wait_until(lambda: running_ids(settings) == [])
    else:
        assert running_ids(settings) == ["left"]
        send(settings, "KILL QUERY WHERE query_id = 'left' SYNC")


def test_default_limits_apply_when_a_request_sets_none(settings: PipelineSettings) -> None:
    statement = "SELECT getSetting('max_execution_time'), getSetting('max_result_bytes')"
    assert send(settings, f"{statement} FORMAT TSV").content == "600\t0\n"
    assert send(settings, f"{statement} FORMAT JSONCompact").content.count("536870912") == 1
    limited = send(settings, ENDLESS, max_execution_time="1", timeout_overflow_mode="throw")
    assert limited.headers["X-ClickHouse-Exception-Code"] == "159"
    memory = "SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage_to_ram_ratio'"
    assert send(settings, memory).content == "0.5\n"


@pytest.mark.parametrize(
    ("headers", "status"), [({"Content-Encoding": "br"}, 400), ({"Content-Encoding": "gzip"}, 400)]
)
def test_a_body_that_cannot_be_decoded_is_refused(
    settings: PipelineSettings, headers: dict[str, str], status: int
) -> None:
    assert send(settings, "SELECT 1", headers=headers).status == status


def test_a_body_that_unpacks_to_more_than_the_limit_is_refused() -> None:
    packed = gzip.compress(b"0" * 1_000_000)
    headers = {"Content-Encoding": "gzip", "Content-Length": str(len(packed))}
    with body.read(io.BytesIO(packed), headers, decompress=False, limit=1_000_000) as content:
        assert len(content.read()) == 1_000_000
    with pytest.raises(errors.EngineError, match="TOO_MANY_BYTES"):
        body.read(io.BytesIO(packed), headers, decompress=False, limit=999_999)


@pytest.mark.parametrize(
    ("statement", "kind", "rest"),
    [
        ("INSERT INTO t FORMAT CSV\n1", "format", "1"),
        ("INSERT INTO t (a, `FORMAT`) VALUES (1)", "values", " (1)"),
        ("INSERT INTO t FORMAT Values (1)", "values", " (1)"),
        ("INSERT INTO t SELECT 1 FORMAT CSV", None, ""),
        ("SELECT 'INSERT INTO t FORMAT CSV'", None, ""),
    ],
)
def test_the_data_of_an_insert_is_found(statement: str, kind: str | None, rest: str) -> None:
    insert = statements.split_insert(statement.encode())
    assert (insert.kind if insert else None) == kind
    assert statement[insert.data_offset :] == rest if insert else rest == ""


def test_blocks_of_a_format_with_a_header_are_joined_under_one_header() -> None:
    given = [b'"a","b"\n1,2\n', b'"a","b"\n3,4\n', b'"a","b"\n5,6\n']
    joined = list(formats.join(given, format_="CSVWithNames"))
    assert joined == [given[0], b"3,4\n", b"5,6\n"]
