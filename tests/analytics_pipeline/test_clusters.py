"""The warehouse's statements for a cluster: ClickHouse's own parser accepts them, and copies of an event meet."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics_pipeline import migrate, rollup_builds, rollups
from analytics_pipeline.clusters import SHARDED, translated
from analytics_pipeline.settings import InvalidSetting, PipelineSettings
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused

pytestmark = pytest.mark.shows("warehouse")

DAY = date(2026, 3, 10)
CREATED = """-- Why.
CREATE TABLE IF NOT EXISTS events
(
    event_id UUID
)
ENGINE = ReplacingMergeTree(version)
ORDER BY event_id"""
LOCAL = """CREATE TABLE IF NOT EXISTS events_local ON CLUSTER 'shop'
(
    event_id UUID
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/events_local', '{replica}', version)
ORDER BY event_id"""
DISTRIBUTED = (
    "CREATE TABLE IF NOT EXISTS events ON CLUSTER 'shop' AS events_local "
    "ENGINE = Distributed('shop', currentDatabase(), events_local, sipHash64(event_id))"
)
REPLICATED = re.compile(r"ENGINE = Replicated\w*MergeTree\('([^']+)', '([^']+)'")


class Recorder(Warehouse):
    """A client whose commands are recorded, for a warehouse without any rows."""

    def __init__(self) -> None:
        super().__init__(PipelineSettings(home=Path(), clickhouse_cluster="shop"))
        self.sent: list[str] = []

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        assert method == "command"
        self.sent.append(arguments[0])

    def value(self, query: str, parameters: Mapping[str, object] | None = None) -> Any:
        return 0

    def rows(self, query: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        return []

    def insert(self, table: str, columns: Mapping[str, Any]) -> None:
        pass


def all_statements() -> list[str]:
    """Return what creates the warehouse on a cluster, and rebuilds a day of all rollups."""
    recorder = Recorder()
    recorder.command("CREATE DATABASE IF NOT EXISTS shop")
    for migration in migrate.load():
        recorder.command(migration.statement)
    rollups.create(recorder)
    assert rollup_builds.rebuild_day(recorder, day=DAY)
    return recorder.sent


def test_the_engine_parses_every_statement_for_a_cluster(warehouse: Warehouse) -> None:
    sent = all_statements()
    assert len(sent) > len(migrate.load()) + len(rollups.ROLLUPS)
    for statement in sent:
        warehouse.command(f"EXPLAIN AST {statement}", {"days": [DAY], "dirty": []})
    with pytest.raises(WarehouseRefused, match="Syntax error"):
        warehouse.command("EXPLAIN AST CREATE TABLE events ON 'shop' (n UInt8) ENGINE = Memory")
    definitions = [each for each in sent if each.startswith(("CREATE", "DROP"))]
    assert all("ON CLUSTER 'shop'" in each for each in definitions)


def test_each_table_that_stays_has_a_path_of_its_own_and_only_events_are_sharded() -> None:
    paths = [match.groups() for each in all_statements() for match in REPLICATED.finditer(each)]
    sharded = {
        path.rpartition("/")[2] for path, replica in paths if "{shard}" in path and replica == "{replica}"
    }
    copied = {
        path.rpartition("/")[2]
        for path, replica in paths
        if "/all/" in path and replica == "{shard}-{replica}"
    }
    assert sharded == {f"{name}_local" for name in SHARDED} == {"events_local", "event_contents_local"}
    assert {"day_changes", "rollup_days", "order_facts", "session_parts_rollup"} <= copied
    assert len(set(paths)) == len(sharded) + len(copied)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            CREATED,
            [LOCAL, DISTRIBUTED],
        ),
        (
            "CREATE MATERIALIZED VIEW IF NOT EXISTS w TO event_contents AS SELECT 1 FROM events",
            [
                "CREATE MATERIALIZED VIEW IF NOT EXISTS w ON CLUSTER 'shop' TO event_contents_local AS SELECT 1 FROM events_local"
            ],
        ),
        (
            "ALTER TABLE events ADD COLUMN IF NOT EXISTS n UInt8",
            [
                "ALTER TABLE events_local ON CLUSTER 'shop' ADD COLUMN IF NOT EXISTS n UInt8",
                "ALTER TABLE events ON CLUSTER 'shop' ADD COLUMN IF NOT EXISTS n UInt8",
            ],
        ),
        (
            "ALTER TABLE events DELETE WHERE day = 1",
            ["ALTER TABLE events_local ON CLUSTER 'shop' DELETE WHERE day = 1"],
        ),
        ("DELETE FROM events WHERE day = 1", ["DELETE FROM events_local ON CLUSTER 'shop' WHERE day = 1"]),
        ("ALTER TABLE order_facts DELETE WHERE 1", ["ALTER TABLE order_facts DELETE WHERE 1"]),
        ("DROP TABLE IF EXISTS claim SYNC", ["DROP TABLE IF EXISTS claim ON CLUSTER 'shop' SYNC"]),
        ("INSERT INTO stage SELECT * FROM events FINAL", ["INSERT INTO stage SELECT * FROM events FINAL"]),
    ],
)
def test_a_statement_becomes_those_that_do_the_same_on_a_cluster(statement: str, expected: list[str]) -> None:
    assert translated(statement, cluster="shop") == expected


@pytest.mark.parametrize(
    "variables",
    [{"CLICKHOUSE_CLUSTER": "shop"}, {"CLICKHOUSE_CLUSTER": "it's", "CLICKHOUSE_URL": "http://a/b"}],
    ids=["without a server", "not a name"],
)
def test_the_cluster_needs_a_server_and_a_name(variables: dict[str, str]) -> None:
    with pytest.raises(InvalidSetting):
        PipelineSettings.from_env(variables)
