"""What analysts are told about connecting, and that it is true."""

import re
from pathlib import Path

import clickhouse_connect

from analytics_pipeline import analyst, embedded
from analytics_pipeline.settings import PipelineSettings


def test_what_is_printed_opens_a_connection(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path)
    with embedded.ensure(settings, embedded.WAREHOUSE):
        told = analyst.connection(settings)
        found = re.fullmatch(r"host (\S+), port (\d+), database (\S+), user (\S+), password (\S+)", told[0])
        assert found is not None
        client = clickhouse_connect.get_client(
            host=found[1], port=int(found[2]), database=found[3], username=found[4], password=found[5]
        )
        assert client.query("SELECT currentRoles()").result_rows == [(["analyst"],)]
        assert f"jdbc:clickhouse://{found[1]}:{found[2]}/{found[3]}" in told[1]


def test_a_configured_servers_password_is_not_known_here(tmp_path: Path) -> None:
    url = "https://shop:secret@clickhouse.example:8443/facts"
    told = "\n".join(analyst.connection(PipelineSettings(home=tmp_path, clickhouse_url=url)))
    assert "host clickhouse.example, port 8443, database facts, user analyst" in told
    assert "CLICKHOUSE_ANALYST_PASSWORD" in told
    assert "secret" not in told
    assert list(tmp_path.iterdir()) == []
