"""The history of availability reaches the warehouse exactly once, and a repair makes both equal."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from analytics_pipeline.warehouse import Warehouse
from backend.analytics.availability_repair import (
    AvailabilityDifferences,
    compare_availability,
    repair_availability,
)
from backend.catalog.models import Product
from backend.inventory.models import AvailabilityChange, TransactionType
from backend.inventory.reservations import reserve
from backend.inventory.services import Entry, record_many
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic
from tests.backend.analytics.conftest import NOW, deliver
from tests.backend.shop import SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("warehouse")]


@pytest.fixture
def sold_out(warehouse: Warehouse, products: list[Product]) -> list[Product]:
    """A lamp that was sold out after an hour, and a vase that is available."""
    lamp, vase = (product.variants.get() for product in products)
    entries = [
        Entry(variant_id=one.pk, transaction_type=TransactionType.IN, quantity=2) for one in (lamp, vase)
    ]
    record_many(entries, by=SYSTEM, now=NOW)
    reserve({lamp.pk: 2}, reference="order", now=NOW + timedelta(hours=1))
    return products


def stored(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    query = "SELECT product_id, is_available, began_at, ended_at FROM variant_availability ORDER BY began_at, product_id"
    return [tuple(row) for row in warehouse.table(query)[1]]


def test_periods_are_stored_once_after_repeated_deliveries(
    warehouse: Warehouse, sold_out: list[Product]
) -> None:
    deliver()
    with transaction.atomic():
        publish_many(Topic.AVAILABILITY, AvailabilityChange.objects.values_list("pk", flat=True))
    deliver()
    lamp, vase = (product.pk for product in sold_out)
    after_an_hour = NOW + timedelta(hours=1)
    rows = stored(warehouse)
    assert [row[:3] for row in rows] == [(lamp, 1, NOW), (vase, 1, NOW), (lamp, 0, after_an_hour)]
    assert rows[0][3] == after_an_hour
    assert {row[3].year for row in rows[1:]} == {2149}
    assert compare_availability(warehouse, clock=timezone.now) == AvailabilityDifferences(0, 0)


def test_a_repair_writes_missing_and_changed_rows_and_deletes_those_of_a_lost_database(
    warehouse: Warehouse, sold_out: list[Product]
) -> None:
    deliver()
    expected = stored(warehouse)
    first, second, third = AvailabilityChange.objects.order_by("pk").values_list("pk", flat=True)
    warehouse.command("DELETE FROM availability_changes WHERE change_id = {id:UInt64}", {"id": first})
    change = """
        INSERT INTO availability_changes
        SELECT * REPLACE ({id:UInt64} AS change_id, 1 - is_available AS is_available, version + {later:UInt64} AS version)
        FROM (SELECT * FROM availability_changes WHERE change_id = {like:UInt64})
    """
    warehouse.command(change, {"id": second, "like": second, "later": 10**15})
    warehouse.command(change, {"id": third + 7, "like": third, "later": 0})
    with pytest.raises(
        CommandError, match="2 rows are missing in the warehouse, and 1 are not in the database"
    ):
        call_command("reconcile")

    assert repair_availability(warehouse, clock=timezone.now) == AvailabilityDifferences(2, 1)
    assert stored(warehouse) == expected
    assert repair_availability(warehouse, clock=timezone.now) == AvailabilityDifferences(0, 0)


def test_the_command_records_stock_of_an_earlier_release_and_writes_it(
    warehouse: Warehouse, sold_out: list[Product], capsys: pytest.CaptureFixture[str]
) -> None:
    AvailabilityChange.objects.all().delete()
    call_command("reconcile", "--repair")

    assert "availability: 3 changes recorded, 3 written, 0 removed" in capsys.readouterr().out
    assert [row[1] for row in stored(warehouse)] == [1, 1, 0]
