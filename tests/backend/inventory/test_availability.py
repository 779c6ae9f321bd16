"""Each time at which a variant becomes available, or is sold out, is a row."""

from datetime import datetime, timedelta

import pytest
from django.db.models import F

from backend.catalog.models import Variant
from backend.inventory.availability import record_changes
from backend.inventory.bulk import (
    PastEntry,
    PastReservation,
    record_differences,
    record_past,
    reserve_past,
)
from backend.inventory.checks import record_all_changes
from backend.inventory.models import AvailabilityChange, ReservationState, TransactionType
from backend.inventory.reservations import fulfil, release, reserve
from backend.inventory.services import Entry, record_many
from backend.outbox.models import Message
from tests.backend.shop import NOW, SYSTEM, variant

pytestmark = pytest.mark.django_db

IN, OUT, DAMAGE = TransactionType.IN, TransactionType.OUT, TransactionType.DAMAGE


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def record(lamp: Variant, kind: str, units: int, *, hours: float) -> None:
    entry = Entry(variant_id=lamp.pk, transaction_type=kind, quantity=units)
    record_many([entry], by=SYSTEM, now=at(hours))


def history(lamp: Variant) -> list[tuple[bool, float]]:
    """Return the rows of the variant with their hours after NOW."""
    rows = (
        AvailabilityChange.objects.filter(variant=lamp)
        .order_by("pk")
        .values_list("is_available", "changed_at")
    )
    return [(is_available, (moment - NOW) / timedelta(hours=1)) for is_available, moment in rows]


def test_reserving_the_last_unit_and_giving_it_back_are_changes_and_shipping_is_none() -> None:
    lamp = variant(stock=0)
    assert history(lamp) == []
    record(lamp, IN, 3, hours=1)
    first = reserve({lamp.pk: 2}, reference="first", now=at(2))[lamp.pk]
    second = reserve({lamp.pk: 1}, reference="second", now=at(3))[lamp.pk]
    fulfil([first.pk], by=SYSTEM, now=at(4))
    release([second.pk], by=SYSTEM, now=at(5))
    record(lamp, OUT, 1, hours=6)

    assert history(lamp) == [(True, 1), (False, 3), (True, 5), (False, 6)]
    published = Message.objects.filter(topic="availability").values_list("key", flat=True)
    assert sorted(map(int, published)) == list(
        AvailabilityChange.objects.order_by("pk").values_list("pk", flat=True)
    )


def test_a_replacement_of_damaged_units_isnt_available_until_reservations_have_theirs() -> None:
    lamp = variant(stock=0)
    record(lamp, IN, 2, hours=0)
    reserve({lamp.pk: 2}, reference="order", now=at(1))
    record(lamp, DAMAGE, 1, hours=2)
    record(lamp, IN, 1, hours=3)
    record(lamp, IN, 1, hours=4)

    assert history(lamp) == [(True, 0), (False, 1), (True, 4)]


def test_counts_of_an_import_and_repairs_are_changes() -> None:
    lamp, vase = variant(stock=0), variant(stock=0)
    record_differences({lamp.pk: 4, vase.pk: 1}, reference="file", by=SYSTEM, now=at(1))
    record_differences({lamp.pk: -4}, reference="file", by=SYSTEM, now=at(2))

    assert history(lamp) == [(True, 1), (False, 2)]
    assert history(vase) == [(True, 1)]


def test_a_transaction_that_waited_for_the_lock_isnt_earlier_than_the_one_before() -> None:
    lamp = variant(stock=0)
    record(lamp, IN, 1, hours=2)
    reserve({lamp.pk: 1}, reference="order", now=at(1))

    assert history(lamp) == [(True, 2), (False, 2)]


def forget() -> None:
    AvailabilityChange.objects.all().delete()
    Message.objects.all().delete()


def test_stock_of_an_earlier_release_gets_the_same_history_from_the_ledger() -> None:
    lamp, vase, never = variant(stock=0), variant(stock=0), variant(stock=0)
    record(lamp, IN, 3, hours=0)
    kept = reserve({lamp.pk: 1}, reference="kept", now=at(1))[lamp.pk]
    given_back = reserve({lamp.pk: 2}, reference="given back", now=at(2))[lamp.pk]
    fulfil([kept.pk], by=SYSTEM, now=at(3))
    release([given_back.pk], by=SYSTEM, now=at(4))
    record(lamp, DAMAGE, 2, hours=5)
    record(lamp, IN, 2, hours=6)
    reserve({lamp.pk: 2}, reference="short", now=at(7))
    record(lamp, DAMAGE, 1, hours=8)
    record(lamp, IN, 2, hours=9)
    record(vase, IN, 1, hours=0)
    reserve({vase.pk: 1}, reference="vase", now=at(1))
    recorded = {one.pk: history(one) for one in (lamp, vase, never)}
    assert recorded[lamp.pk] == [
        (True, 0), (False, 2), (True, 4), (False, 5), (True, 6), (False, 7), (True, 9)
    ]  # fmt: skip
    forget()

    assert record_all_changes(now=at(10)) == 9
    assert {one.pk: history(one) for one in (lamp, vase, never)} == recorded
    assert record_all_changes(now=at(11)) == 0


def test_the_first_change_after_an_upgrade_brings_the_history_before_it() -> None:
    lamp = variant(stock=0)
    record(lamp, IN, 1, hours=0)
    record(lamp, OUT, 1, hours=1)
    forget()
    record(lamp, IN, 1, hours=2)

    assert history(lamp) == [(True, 0), (False, 1), (True, 2)]


def test_a_history_that_differs_from_the_present_state_is_continued_now() -> None:
    lamp = variant(stock=0)
    record(lamp, IN, 2, hours=0)
    Variant.unpublished.filter(pk=lamp.pk).update(stock=F("stock") - 2)
    assert record_all_changes(now=at(5)) == 1

    assert history(lamp) == [(True, 0), (False, 5)]


def test_units_of_which_an_open_order_gave_back_a_part_are_available_from_now() -> None:
    """The time of the part isn't stored."""
    lamp = variant(stock=0)
    record(lamp, IN, 2, hours=0)
    order = reserve({lamp.pk: 2}, reference="order", now=at(1))[lamp.pk]
    release([order.pk], by=SYSTEM, now=at(2), units={order.pk: 1})
    assert history(lamp) == [(True, 0), (False, 1), (True, 2)]
    forget()
    record_all_changes(now=at(5))

    assert history(lamp) == [(True, 0), (False, 1), (True, 5)]


def test_an_imported_past_has_its_own_times() -> None:
    lamp = variant(stock=0)
    entries = [
        PastEntry(variant_id=lamp.pk, transaction_type=IN, quantity=2, recorded_at=at(0)),
        PastEntry(variant_id=lamp.pk, transaction_type=OUT, quantity=2, recorded_at=at(3), reference="order"),
        PastEntry(variant_id=lamp.pk, transaction_type=IN, quantity=5, recorded_at=at(9)),
    ]
    record_past(entries)
    reserve_past(
        [
            PastReservation(
                variant_id=lamp.pk,
                quantity=2,
                state=ReservationState.FULFILLED,
                reference="order",
                created_at=at(1),
                closed_at=at(3),
            )
        ]
    )
    record_changes([lamp.pk], now=at(10))

    assert history(lamp) == [(True, 0), (False, 1), (True, 9)]
