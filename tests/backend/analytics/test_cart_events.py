"""Items of carts in the warehouse: the shop's own record beside what clients report."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from analytics_pipeline.warehouse import Warehouse
from backend.analytics.subscribers import CartItems
from backend.api.arrivals import NO_ARRIVAL, Arrival
from backend.api.owners import Owner, guest_with
from backend.carts.merging import merge
from backend.carts.models import CartItem
from backend.carts.services import Claim, add_item, change_quantity, remove_item
from backend.catalog.models import Variant
from backend.engines import warehouse as engines
from backend.outbox.relay import drain
from tests.backend.shop import NOW, customer, variant

# The relay delivers only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

GUEST = guest_with("g" * 43)
SHOPPER = uuid4()


def add(
    lamp: Variant,
    *,
    minutes: int = 0,
    exposure_id: UUID | None = None,
    key: UUID | None = SHOPPER,
    arrival: Arrival = NO_ARRIVAL,
) -> int:
    added_at = NOW + timedelta(minutes=minutes)
    claim = Claim(exposure_id=exposure_id, shopper_key=key, added_at=added_at, arrival=arrival)
    return add_item(GUEST, product_id=None, variant_id=lamp.pk, quantity=2, claim=claim).pk


def carted(warehouse: Warehouse) -> list[tuple[UUID, int, UUID, int]]:
    """Deliver the outbox's messages, and return shopper, product, list and source of each event."""
    drain([CartItems(engines.migrated())], timeout=30)
    rows = warehouse.rows(
        "SELECT shopper_key, product_id, exposure_id, source_key FROM events FINAL WHERE type = 'carted' "
        "ORDER BY occurred_at, product_id"
    )
    return [tuple(row.values()) for row in rows]


def test_an_addition_is_an_event_of_the_guest_and_a_repeated_delivery_is_the_same_event(
    warehouse: Warehouse,
) -> None:
    lamp, shown = variant(stock=50), uuid4()
    item = add(lamp)
    change_quantity(GUEST, item_id=item, quantity=3, now=NOW)
    expected = [(SHOPPER, lamp.product_id, UUID(int=0), 0)]
    assert carted(warehouse) == expected
    add(lamp, minutes=1)
    assert carted(warehouse) == expected
    add(lamp, minutes=2, exposure_id=shown)
    assert carted(warehouse) == [*expected, (SHOPPER, lamp.product_id, shown, 0)]


def test_an_addition_has_the_facts_of_the_request_that_made_it_also_after_a_merge(
    warehouse: Warehouse,
) -> None:
    bot = Arrival(device="other", is_bot=True, consent="unknown")
    lamp, user = variant(stock=50), customer()
    account = Owner(user_id=user.pk)
    add_item(
        account,
        product_id=None,
        variant_id=lamp.pk,
        quantity=1,
        claim=Claim(exposure_id=None, shopper_key=user.shopper_key, added_at=NOW),
    )
    add(lamp, minutes=1, exposure_id=uuid4(), arrival=bot)
    carted(warehouse)
    rows = warehouse.rows("SELECT device, is_bot, consent FROM events FINAL ORDER BY occurred_at")
    assert [Arrival(**row) for row in rows] == [NO_ARRIVAL, bot]
    merge(GUEST, into=account, now=NOW)
    assert CartItem.objects.get().arrival == bot


def test_an_item_that_was_removed_at_once_or_whose_shopper_is_unknown_is_no_event(
    warehouse: Warehouse,
) -> None:
    remove_item(GUEST, item_id=add(variant(stock=5)), now=NOW)
    add(variant(stock=5), key=None)
    assert carted(warehouse) == []
