"""Counters are repaired only on request, exactly, and with an entry in the audit log."""

import pytest
from django.core.management import CommandError, call_command

from backend.audit.models import AuditEntry
from backend.catalog.models import Variant
from backend.inventory.checks import repair, stock_differences
from backend.inventory.models import InventoryTransaction, Reservation, TransactionType
from backend.inventory.reservations import release, reserve
from backend.inventory.services import Entry, record
from backend.outbox.models import Message
from tests.backend import shop
from tests.backend.inventory.invariants import check_stock_and_reservations
from tests.backend.shop import NOW, SYSTEM, stock_of
from tests.backend.together import together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def test_counters_are_set_to_the_sums_of_their_rows(capsys: pytest.CaptureFixture[str]) -> None:
    wrong, right = shop.variant(stock=10), shop.variant(stock=3)
    reserve({wrong.pk: 4}, reference="order", now=NOW)
    Variant.objects.filter(pk=wrong.pk).update(stock=12, reserved=1)
    messages = Message.objects.count()

    call_command("check_stock", repair=True)

    printed = capsys.readouterr().out
    assert f"variant {wrong.pk} ({wrong.sku}): stock 12 → 10, reserved 1 → 4" in printed
    assert right.sku not in printed
    assert stock_of(wrong.pk) == (10, 4)
    (entry,) = AuditEntry.objects.filter(action="inventory.counters_repaired")
    assert (entry.object_id, entry.system_name) == (str(wrong.pk), "check_stock")
    assert entry.changes == {"stock": [12, 10], "reserved": [1, 4]}
    assert Message.objects.count() == messages + 1
    assert stock_differences() == []
    call_command("check_stock", repair=True)
    assert AuditEntry.objects.filter(action="inventory.counters_repaired").count() == 1


def test_a_ledger_with_fewer_units_than_are_reserved_is_reported_and_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lamp = shop.variant(stock=5)
    reserve({lamp.pk: 4}, reference="order", now=NOW)
    InventoryTransaction.objects.filter(variant=lamp).update(effect=3)

    with pytest.raises(CommandError):
        call_command("check_stock", repair=True)

    assert "not repaired, because more units are reserved than the ledger has" in capsys.readouterr().out
    assert stock_of(lamp.pk) == (5, 4)


def test_units_that_are_available_although_a_reservation_is_short_are_given_to_it() -> None:
    lamp = shop.variant(stock=2)
    held = reserve({lamp.pk: 2}, reference="order", now=NOW)[lamp.pk]
    record(Entry(variant_id=lamp.pk, transaction_type=TransactionType.DAMAGE, quantity=2), by=SYSTEM, now=NOW)
    # As an earlier release receives units, which doesn't know short reservations.
    InventoryTransaction.objects.create(
        variant=lamp, transaction_type="IN", quantity=3, effect=3, recorded_at=NOW
    )
    Variant.objects.filter(pk=lamp.pk).update(stock=3)
    (difference,) = stock_differences()
    assert (difference.stock, difference.reserved, difference.short) == (3, 0, 2)

    call_command("check_stock", repair=True)

    assert stock_of(lamp.pk) == (3, 2)
    assert Reservation.objects.get(pk=held.pk).short == 0
    check_stock_and_reservations()


def test_a_repair_while_stock_moves_is_exact() -> None:
    lamp = shop.variant(stock=20)
    Variant.objects.filter(pk=lamp.pk).update(stock=27, reserved=3)

    def move() -> None:
        for _ in range(8):
            shop.receive({lamp.pk: 2})
            held = reserve({lamp.pk: 1}, reference="order", now=NOW)
            release([held[lamp.pk].pk], by=SYSTEM, now=NOW)

    outcomes = together(move, move, lambda: [repair(lamp.pk, by=SYSTEM, now=NOW) for _ in range(8)])

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert stock_of(lamp.pk) == (52, 0)
    check_stock_and_reservations()
