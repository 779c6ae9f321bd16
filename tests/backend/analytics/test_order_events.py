"""Order events made from order facts: their ids, times and versions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline import uuid7
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import Record
from analytics_pipeline.warehouse import microseconds, moment_of
from backend.analytics import order_events
from backend.orders.models import MovementKind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def sale(*, read_at: datetime = NOW, placed_at: datetime = NOW) -> Record:
    columns: dict[str, list[Any]] = {
        "kind": [MovementKind.SALE],
        "movement_id": [7],
        "order_id": [70],
        "occurred_at": [NOW],
        "placed_at": [placed_at],
        "shopper_key": [NIL_UUID],
        "product_id": [1],
        "variant_id": [2],
        "quantity": [3],
        "exposure_id": [NIL_UUID],
        "device": ["mobile"],
        "is_bot": [True],
        "consent": ["granted"],
        "amount": [Decimal(1)],
        "version": [microseconds(read_at)],
    }
    (record,) = order_events.of_facts(columns)
    return record


@given(st.integers(0, 2**47))
def test_times_keep_their_precision_in_ids_and_versions(number: int) -> None:
    moment = EPOCH + timedelta(microseconds=number * 40 + 7)
    id_ = order_events.event_id(7, ordered_at=moment)
    assert uuid7.milliseconds(id_) == (moment - EPOCH) // timedelta(milliseconds=1)
    assert moment_of(microseconds(moment)) == moment


def test_the_event_id_of_a_movement_is_fixed() -> None:
    moment = datetime(2026, 3, 10, 12, 0, 0, 123_456, tzinfo=UTC)
    assert order_events.event_id(7, ordered_at=moment) == UUID("019cd79e-467b-79f6-b63e-87a996c00be5")


@pytest.mark.parametrize("later", [timedelta(microseconds=1), timedelta(milliseconds=1), timedelta(hours=1)])
def test_a_later_read_of_a_movement_has_a_greater_number(later: timedelta) -> None:
    read_at = datetime(2026, 3, 10, 12, 0, 0, 999_999, tzinfo=UTC)
    assert sale(read_at=read_at + later).number > sale(read_at=read_at).number


def test_an_event_has_the_time_and_the_client_of_the_order_and_arrives_with_its_confirmation() -> None:
    record = sale(placed_at=NOW - timedelta(days=3))
    assert record.event.occurred_at == NOW - timedelta(days=3)
    assert record.arrived_at == NOW
    assert (record.device, record.is_bot, record.consent) == ("mobile", True, "granted")


@pytest.mark.parametrize(
    "unknown", [EPOCH, datetime(1897, 1, 1, tzinfo=UTC), datetime(2150, 1, 1, tzinfo=UTC)]
)
def test_an_order_whose_time_cannot_be_stored_has_the_time_of_its_confirmation(unknown: datetime) -> None:
    assert sale(placed_at=unknown).event.occurred_at == NOW
