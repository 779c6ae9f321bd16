"""Stock equals the sum of the ledger, and reserved units are not available."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.catalog.errors import VariantNotFound
from backend.catalog.models import Variant
from backend.inventory.errors import InsufficientStock, ReservationClosed
from backend.inventory.ledger import effect_of
from backend.inventory.models import InventoryTransaction, Reservation, ReservationState, TransactionType
from backend.inventory.reservations import fulfil, release, reserve
from backend.inventory.services import Entry, record, record_many, shortage
from backend.outbox.models import Message
from tests.backend.shop import NOW, SYSTEM, product, staff, stock_of, variant

IN, OUT, ADJUSTMENT = TransactionType.IN, TransactionType.OUT, TransactionType.ADJUSTMENT


@pytest.mark.parametrize(
    ("transaction_type", "quantity", "effect"),
    [
        ("IN", 3, 3),
        ("RETURN", 3, 3),
        ("OUT", 3, -3),
        ("DAMAGE", 3, -3),
        ("ADJUSTMENT", 3, 3),
        ("ADJUSTMENT", -3, -3),
    ],
)
def test_the_type_of_a_transaction_determines_the_sign_of_its_effect(
    transaction_type: str, quantity: int, effect: int
) -> None:
    assert effect_of(transaction_type, quantity=quantity) == effect


@pytest.mark.parametrize(
    ("transaction_type", "quantity"), [("IN", 0), ("IN", -1), ("OUT", -1), ("ADJUSTMENT", 0)]
)
def test_a_quantity_that_contradicts_its_type_is_refused(transaction_type: str, quantity: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        effect_of(transaction_type, quantity=quantity)
    assert "quantity" in refused.value.details


@pytest.mark.django_db
def test_a_recorded_transaction_changes_stock_and_has_its_actor_reason_and_time() -> None:
    lamp, user = variant(stock=0), staff()
    row = record(
        Entry(
            variant_id=lamp.pk, transaction_type=IN, quantity=100, reference="PO-2024-001", notes="Initial"
        ),
        by=Actor.user(user.pk),
        now=NOW,
    )
    row.refresh_from_db()
    assert stock_of(lamp.pk) == (100, 0)
    assert (row.effect, row.reference, row.notes, row.recorded_by, row.recorded_at) == (
        100,
        "PO-2024-001",
        "Initial",
        user,
        NOW,
    )


@pytest.mark.django_db
def test_a_change_of_stock_is_published_for_its_product() -> None:
    lamp = variant(stock=1)
    Message.objects.all().delete()
    record(Entry(variant_id=lamp.pk, transaction_type=IN, quantity=1), by=SYSTEM, now=NOW)
    assert list(Message.objects.values_list("topic", "key")) == [("product", str(lamp.product_id))]


@pytest.mark.django_db
def test_reserved_units_cannot_be_removed() -> None:
    lamp = variant(stock=5)
    reserve({lamp.pk: 4}, reference="order", now=NOW)
    with pytest.raises(InsufficientStock) as refused:
        record(Entry(variant_id=lamp.pk, transaction_type=OUT, quantity=2), by=SYSTEM, now=NOW)
    assert refused.value.details["items"] == [
        {
            "product_id": lamp.product_id,
            "title": "A lamp",
            "variant_id": lamp.pk,
            "sku": lamp.sku,
            "requested": 2,
            "available": 1,
        }
    ]
    assert stock_of(lamp.pk) == (5, 4)
    assert InventoryTransaction.objects.filter(transaction_type=OUT).count() == 0


@pytest.mark.django_db
def test_several_transactions_are_recorded_together_or_not_at_all() -> None:
    first, second = variant(stock=3), variant(stock=3)
    entries = [
        Entry(variant_id=first.pk, transaction_type=IN, quantity=2),
        Entry(variant_id=second.pk, transaction_type=OUT, quantity=4),
    ]
    with pytest.raises(InsufficientStock):
        record_many(entries, by=SYSTEM, now=NOW)
    assert (stock_of(first.pk), stock_of(second.pk)) == ((3, 0), (3, 0))


@pytest.mark.django_db
def test_several_transactions_of_one_variant_are_checked_by_their_sum() -> None:
    lamp = variant(stock=1)
    entries = [
        Entry(variant_id=lamp.pk, transaction_type=OUT, quantity=3),
        Entry(variant_id=lamp.pk, transaction_type=IN, quantity=5),
        Entry(variant_id=lamp.pk, transaction_type=ADJUSTMENT, quantity=-1),
    ]
    record_many(entries, by=SYSTEM, now=NOW)
    assert stock_of(lamp.pk) == (2, 0)


@pytest.mark.django_db
def test_stock_beyond_the_column_is_refused() -> None:
    lamp = variant(stock=1)
    with pytest.raises(InvalidInput) as refused:
        record(Entry(variant_id=lamp.pk, transaction_type=IN, quantity=2**31 - 1), by=SYSTEM, now=NOW)
    assert "quantity" in refused.value.details
    assert stock_of(lamp.pk) == (1, 0)


@pytest.mark.django_db
def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(VariantNotFound) as refused:
        record(Entry(variant_id=987_654, transaction_type=IN, quantity=1), by=SYSTEM, now=NOW)
    assert refused.value.details == {"variant_ids": [987_654]}


@pytest.mark.django_db
def test_the_database_refuses_stock_below_the_reserved_units() -> None:
    lamp = variant(stock=2)
    reserve({lamp.pk: 2}, reference="order", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Variant.objects.filter(pk=lamp.pk).update(stock=1)


@pytest.mark.django_db
def test_the_database_refuses_an_effect_with_the_wrong_sign() -> None:
    lamp = variant()
    with pytest.raises(IntegrityError), transaction.atomic():
        InventoryTransaction.objects.create(
            variant=lamp, transaction_type=OUT, quantity=1, effect=1, recorded_at=NOW
        )


@pytest.mark.django_db
def test_stock_and_reserved_always_match_the_ledger() -> None:
    rng = random.Random(7)
    variants = list(product(stock=[5, 5, 5]).variants.all())
    held: list[int] = []
    for step in range(120):
        now, one = NOW + timedelta(seconds=step), rng.choice(variants).pk
        try:
            match rng.choice(["record", "reserve", "release", "fulfil"]):
                case "record":
                    kind = rng.choice(TransactionType.values)
                    record(
                        Entry(variant_id=one, transaction_type=kind, quantity=rng.randint(1, 6)),
                        by=SYSTEM,
                        now=now,
                    )
                case "reserve":
                    units = {pick.pk: rng.randint(1, 3) for pick in rng.sample(variants, 2)}
                    held += [row.pk for row in reserve(units, reference=str(step), now=now).values()]
                case "release" if held:
                    release([held.pop(rng.randrange(len(held)))], by=SYSTEM, now=now)
                case "fulfil" if held:
                    fulfil([held.pop(rng.randrange(len(held)))], by=SYSTEM, now=now)
        except InsufficientStock:
            continue
    for pick in variants:
        ledger = InventoryTransaction.objects.filter(variant=pick).aggregate(sum=Sum("effect"))["sum"]
        kept = Reservation.objects.filter(variant=pick, state=ReservationState.COMMITTED)
        assert stock_of(pick.pk) == (ledger, kept.aggregate(sum=Sum("quantity"))["sum"] or 0)
    assert InventoryTransaction.objects.filter(transaction_type=OUT).exists()
    assert Reservation.objects.filter(state=ReservationState.RELEASED).exists()


@pytest.mark.django_db
def test_reserved_units_are_in_stock_but_not_available() -> None:
    lamp = variant(stock=5)
    Message.objects.all().delete()
    reservation = reserve({lamp.pk: 2}, reference="7K2M", now=NOW)[lamp.pk]
    assert stock_of(lamp.pk) == (5, 2)
    assert (reservation.state, reservation.quantity, reservation.reference) == ("COMMITTED", 2, "7K2M")
    assert Message.objects.filter(topic="product", key=str(lamp.product_id)).count() == 1


@pytest.mark.django_db
def test_reserving_too_many_units_is_refused_with_the_shortages() -> None:
    available, scarce = variant(stock=5), variant(stock=1)
    with pytest.raises(InsufficientStock) as refused:
        reserve({available.pk: 5, scarce.pk: 2}, reference="order", now=NOW)
    assert refused.value.details == {"items": [shortage(scarce, wanted=2)]}
    assert (stock_of(available.pk), stock_of(scarce.pk)) == ((5, 0), (1, 0))
    assert not Reservation.objects.exists()


@pytest.mark.django_db
def test_fulfilling_records_the_units_as_out_and_publishes_nothing() -> None:
    lamp, user = variant(stock=5), staff()
    reservation = reserve({lamp.pk: 2}, reference="7K2M", now=NOW)[lamp.pk]
    Message.objects.all().delete()
    fulfil([reservation.pk], by=Actor.user(user.pk), now=NOW)
    out = InventoryTransaction.objects.get(transaction_type=OUT)
    assert stock_of(lamp.pk) == (3, 0)
    assert (out.quantity, out.effect, out.reference, out.recorded_by) == (2, -2, "7K2M", user)
    assert not Message.objects.exists(), "the number of available units did not change"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "again",
    [partial(release, by=SYSTEM, now=NOW), partial(fulfil, by=SYSTEM, now=NOW)],
    ids=["release", "fulfil"],
)
def test_a_reservation_can_be_closed_only_once(again: Callable[[list[int]], None]) -> None:
    lamp = variant(stock=5)
    kept, ended = (reserve({lamp.pk: 2}, reference="order", now=NOW)[lamp.pk] for _ in range(2))
    release([ended.pk], by=SYSTEM, now=NOW)
    with pytest.raises(ReservationClosed):
        again([kept.pk, ended.pk])
    kept.refresh_from_db()
    assert stock_of(lamp.pk) == (5, 2)
    assert kept.state == ReservationState.COMMITTED
