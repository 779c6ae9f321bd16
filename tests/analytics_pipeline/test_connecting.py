"""The connection details that are printed for analysts."""

import re
from pathlib import Path

import clickhouse_connect

from analytics_pipeline import embedded
from analytics_pipeline.analyst.__main__ import connection
from analytics_pipeline.settings import PipelineSettings


def test_the_printed_details_open_a_connection(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path)
    with embedded.ensure(settings, embedded.WAREHOUSE):
        printed = connection(settings)
        found = re.fullmatch(
            r"host (\S+), port (\d+), database (\S+), user (\S+), password (\S+)", printed[0]
        )
        assert found is not None
        client = clickhouse_connect.get_client(
            host=found[1], port=int(found[2]), database=found[3], username=found[4], password=found[5]
        )
        assert client.query("SELECT currentRoles()").result_rows == [(["analyst"],)]
        assert f"jdbc:clickhouse://{found[1]}:{found[2]}/{found[3]}" in printed[1]


def test_the_password_of_a_configured_server_is_not_printed(tmp_path: Path) -> None:
    url = "https://shop:secret@clickhouse.example:8443/facts"
    printed = "\n".join(connection(PipelineSettings(home=tmp_path, clickhouse_url=url)))
    assert "host clickhouse.example, port 8443, database facts, user analyst" in printed
    assert "CLICKHOUSE_ANALYST_PASSWORD" in printed
    assert "secret" not in printed
    assert list(tmp_path.iterdir()) == []
