"""Stock and alerts are correct after any sequence of receipts, damage, orders, threshold changes and deliveries."""

from datetime import datetime

import pytest
from django.conf import settings as conf
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from backend.catalog.models import Variant
from backend.inventory.alerts import set_threshold
from backend.inventory.errors import InsufficientStock
from backend.inventory.models import (
    InventoryTransaction,
    Reservation,
    ReservationState,
    StockAlert,
    TransactionType,
)
from backend.inventory.reservations import fulfil, release, reserve
from backend.inventory.services import Entry, record
from backend.inventory.subscribers import StockAlerts
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend.shop import NOW, SYSTEM, variant

WHICH = st.integers(0, 1)
UNITS = st.integers(1, 6)


class CrashError(Exception):
    """Raised instead of killing the subscriber's process before its commit."""


def clock() -> datetime:
    return NOW


class Stock(RuleBasedStateMachine):
    """Two variants, and a model of the alerts that their changes must cause."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.variants = [variant(stock=0) for _ in range(2)]
        self.read = 0
        self.thresholds: dict[int, int | None] = {}
        self.levels: dict[int, str] = {}
        self.stocked: set[int] = set()
        self.alerts: list[tuple[int, str, str]] = []

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    @rule(which=WHICH, units=UNITS, kind=st.sampled_from(["IN", "RETURN", "DAMAGE", "ADJUSTMENT"]))
    def move(self, which: int, units: int, kind: str) -> None:
        """Record a transaction; an ADJUSTMENT decreases stock."""
        row = self.variants[which]
        quantity = -units if kind == "ADJUSTMENT" else units
        try:
            with transaction.atomic():
                record(
                    Entry(variant_id=row.pk, transaction_type=TransactionType(kind), quantity=quantity),
                    by=SYSTEM,
                    now=NOW,
                )
        except InsufficientStock:
            return
        if kind in ("IN", "RETURN"):
            self.stocked.add(row.pk)

    @rule(which=WHICH, units=UNITS)
    def order(self, which: int, units: int) -> None:
        try:
            with transaction.atomic():
                reserve({self.variants[which].pk: units}, reference="ORD-1", now=NOW)
        except InsufficientStock:
            return

    @rule(shipped=st.booleans())
    def close_the_oldest_reservation(self, shipped: bool) -> None:
        oldest = Reservation.objects.filter(state=ReservationState.COMMITTED).order_by("pk").first()
        if oldest is None:
            return
        if shipped:
            fulfil([oldest.pk], by=SYSTEM, now=NOW)
        else:
            release([oldest.pk], now=NOW)

    @rule(which=WHICH, threshold=st.none() | st.integers(0, 6))
    def change_the_threshold(self, which: int, threshold: int | None) -> None:
        set_threshold(self.variants[which], units=threshold, by=SYSTEM)
        self.thresholds[self.variants[which].pk] = threshold

    @rule(result=st.sampled_from(["delivered", "crashed before", "crashed after"]))
    def deliver(self, result: str) -> None:
        """Run the subscriber on unread messages; a crash after its commit leaves the cursor unmoved."""
        messages = list(Message.objects.filter(topic=Topic.PRODUCT, pk__gt=self.read).order_by("pk"))
        keys = list(dict.fromkeys(message.key for message in messages))
        try:
            with transaction.atomic():
                notices = [Notice(topic=Topic.PRODUCT, key=key) for key in keys]
                StockAlerts(clock=clock).handle(notices)
                if result == "crashed before":
                    raise CrashError  # noqa: TRY301
        except CrashError:
            return
        if result == "delivered" and messages:
            self.read = messages[-1].pk
        self.expect({int(key) for key in keys})

    def expect(self, product_ids: set[int]) -> None:
        for row in Variant.objects.filter(product__in=product_ids, pk__in=self.stocked).order_by("pk"):
            units, own = row.stock - row.reserved, self.thresholds.get(row.pk)
            limit = conf.LOW_STOCK_THRESHOLD if own is None else own
            after = "OUT" if units == 0 else "LOW" if units <= limit else "SUFFICIENT"
            before = self.levels.setdefault(row.pk, after)
            if after != before:
                self.alerts.append((row.pk, before, after))
            self.levels[row.pk] = after

    @invariant()
    def stock_is_the_sum_of_the_ledger_and_reserved_that_of_reservations(self) -> None:
        for row in Variant.objects.filter(pk__in=[row.pk for row in self.variants]):
            ledger = InventoryTransaction.objects.filter(variant=row)
            held = Reservation.objects.filter(variant=row, state=ReservationState.COMMITTED)
            assert row.stock == (ledger.aggregate(sum=Sum("effect"))["sum"] or 0)
            assert row.reserved == (held.aggregate(sum=Sum("quantity"))["sum"] or 0)
            assert 0 <= row.reserved <= row.stock

    @invariant()
    def every_change_of_level_was_alerted_and_published_once(self) -> None:
        rows = StockAlert.objects.order_by("pk")
        assert list(rows.values_list("variant", "previous_level", "level")) == self.alerts
        published = Message.objects.filter(topic=Topic.STOCK_ALERT).order_by("pk")
        assert [int(key) for key in published.values_list("key", flat=True)] == [row.pk for row in rows]


@pytest.mark.django_db
def test_stock_and_alerts_are_correct_after_any_sequence_of_events() -> None:
    assert connection.in_atomic_block
    run_state_machine_as_test(
        Stock,
        settings=settings(
            max_examples=40,
            phases=[Phase.explicit, Phase.generate],
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
