"""`manage.py ingest_events` and `replay_events`."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from analytics_pipeline import dead_letters
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import KEY, PREVIOUS_KEY, Stream
from backend.engines.warehouse import warehouse
from backend.tracking import health
from tests.backend.tracking.conftest import send, view

pytestmark = pytest.mark.django_db


def run(name: str, **options: Any) -> str:
    output = StringIO()
    call_command(name, stdout=output, **options)
    return output.getvalue()


def test_events_are_stored_and_refused_ones_wait_to_be_replayed(
    guest: APIClient, stream: Stream, warehouse_url: str
) -> None:
    store = warehouse()
    for table in ("events", "dead_letters"):
        store.command(f"TRUNCATE TABLE {table}")
    send(guest, view(), view(product_id=0))
    assert run("ingest_events", drain=True) == "1 batches stored\n"
    assert store.value("SELECT count() FROM events FINAL") == 1
    assert dead_letters.waiting(store) == 1
    assert run("replay_events") == "0 dead letters replayed, 1 kept\n"
    # A newer release accepts an event that this one refused.
    store.command(
        "INSERT INTO dead_letters SELECT * REPLACE (replaceOne(payload, ':0', ':8') AS payload) FROM dead_letters"
    )
    assert run("replay_events") == "1 dead letters replayed, 0 kept\n"
    run("ingest_events", drain=True)
    assert store.value(
        "SELECT groupArray(product_id) FROM (SELECT product_id FROM events FINAL ORDER BY product_id)"
    ) == [7, 8]
    assert dead_letters.waiting(store) == 0


def test_events_accepted_by_the_previous_release_are_stored_too(stream: Stream, warehouse_url: str) -> None:
    """The previous release appends JSON under another key, where its consumer finds only entries that it can read."""
    warehouse().command("TRUNCATE TABLE events")
    event_id = uuid7()
    entry = {
        "arrived_at": datetime.now(UTC).isoformat(),
        "shopper_key": None,
        "events": [{"type": "view", "event_id": str(event_id), "product_id": 7}],
    }
    previous = Stream(PipelineSettings.from_env(), key=PREVIOUS_KEY)
    previous.append_raw(json.dumps(entry).encode())

    assert stream.key == KEY
    assert health.check()["lag_entries"] == 1
    assert run("ingest_events", drain=True) == "1 batches stored\n"
    assert health.check()["lag_entries"] == 0
    assert warehouse().value("SELECT groupArray(event_id) FROM events FINAL") == [event_id]
