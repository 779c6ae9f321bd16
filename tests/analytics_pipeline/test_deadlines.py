"""The warehouse's client keeps its deadline and sends it to the server."""

import pytest

from analytics_pipeline.settings import InvalidSetting, PipelineSettings
from analytics_pipeline.warehouse import BACKGROUND, Deadline, QueryTimedOut, Warehouse
from tests.analytics_pipeline.samples import database_of

# Runs for minutes unless it is ended.
ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))"


def with_deadline(warehouse: Warehouse, *, seconds: int) -> Warehouse:
    database = database_of(warehouse)
    deadline = Deadline(connect_seconds=1, response_seconds=seconds)
    return Warehouse(warehouse.settings, database=database, deadline=deadline)


def test_the_server_ends_a_query_that_is_too_slow(warehouse: Warehouse) -> None:
    client = with_deadline(warehouse, seconds=20)
    # Shorter than the client's own deadline, so that the server's response arrives.
    with pytest.raises(QueryTimedOut):
        client.value(f"{ENDLESS} SETTINGS max_execution_time = 1")
    client.close()


@pytest.mark.parametrize("seconds", [3, BACKGROUND.response_seconds])
def test_the_deadline_is_sent_to_the_server(warehouse: Warehouse, seconds: int) -> None:
    client = with_deadline(warehouse, seconds=seconds)
    assert client.value("SELECT toUInt32(getSetting('max_execution_time'))") == seconds
    client.close()


@pytest.mark.parametrize("value", ["0", "-1", "soon", "2.5", "601"])
def test_an_invalid_deadline_is_reported_with_its_variable(value: str) -> None:
    with pytest.raises(InvalidSetting, match="WAREHOUSE_REQUEST_SECONDS"):
        PipelineSettings.from_env({"WAREHOUSE_REQUEST_SECONDS": value})
