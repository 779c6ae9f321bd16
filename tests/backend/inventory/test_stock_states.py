"""Stock stays correct in any order of actions by sellers, shoppers, suppliers, imports and the warehouse."""

import tempfile
from datetime import timedelta
from io import StringIO
from math import ceil
from pathlib import Path

import pytest
from django.conf import settings as conf
from django.core.management import call_command
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from backend.catalog.models import Variant
from backend.catalog.services import update_product
from backend.inventory.alerts import set_threshold
from backend.inventory.models import InventoryTransaction, StockAlert
from backend.inventory.services import Entry, record
from backend.inventory.subscribers import StockAlerts
from backend.orders.cancellation import cancel_units
from backend.orders.confirmation import confirm
from backend.orders.holds import expire_orders
from backend.orders.models import Order, OrderItem, PaymentMethod
from backend.orders.returns import receive_at_once
from backend.orders.shipments import ship_all
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from backend.purchasing.drafting import draft_purchase_orders
from backend.purchasing.models import PurchaseOrder, PurchaseOrderLine, ReorderRule
from backend.purchasing.services import Step, change_lines, receive, set_reorder_rule, take_step
from tests.backend import shop
from tests.backend.importing.written import table
from tests.backend.inventory.invariants import check_stock_and_reservations
from tests.backend.machine import ShopMachine, allowed, pick, run
from tests.backend.orders.steps import check_out, fill
from tests.backend.shop import SYSTEM

HEADER = "sku,product,title,price,stock"
FILE = {"A-1": "A", "A-2": "A", "B-1": "B"}
"""The SKUs of the imported file, and their products."""
WHICH = st.integers(0, 3)
UNITS = st.integers(1, 6)
KINDS = st.sampled_from(["IN", "RETURN", "ADJUSTMENT"])
OPEN = ("APPROVED", "SENT")


class CrashError(Exception):
    """The subscriber's process dies before it commits."""


def import_file(path: Path, *, phone: str) -> str:
    out = StringIO()
    call_command("import_catalog", str(path), format="csv", no_wait=True, seller=phone, stdout=out)
    return out.getvalue()


class Shop(ShopMachine):
    """Two sellers, one of whom imports files, and a model of the alerts that must be raised."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.customer, self.importer = shop.customer(), shop.seller()
        other = shop.variant(stock=5)
        self.write_and_import(dict.fromkeys(FILE, 4))
        skus = Variant.objects.filter(sku__in=FILE).order_by("sku")
        self.variants = [*skus, other]
        self.read = 0
        self.thresholds: dict[int, int | None] = {}
        self.levels: dict[int, str] = {}
        self.alerts: list[tuple[int, str, str]] = []
        for paid in (True, False):
            self.buy({variant.pk: 1 for variant in self.variants}, paid=paid)
        for variant in self.variants[1:]:
            set_reorder_rule(variant, values={"reorder_point": 2, "target_stock": 6}, by=SYSTEM)

    def teardown(self) -> None:
        self.folder.cleanup()
        super().teardown()

    def orders(self, *statuses: str) -> QuerySet[Order]:
        return Order.objects.filter(status__in=statuses).order_by("pk")

    def order_lines(self, *statuses: str) -> QuerySet[PurchaseOrderLine]:
        return PurchaseOrderLine.objects.filter(order__status__in=statuses).order_by("pk")

    # Sellers

    @rule(which=WHICH, threshold=st.none() | st.integers(0, 6))
    def set_a_threshold(self, which: int, threshold: int | None) -> None:
        set_threshold(self.variants[which], units=threshold, by=SYSTEM)
        self.thresholds[self.variants[which].pk] = threshold

    @rule(which=WHICH, active=st.booleans())
    def list_or_hide_a_product(self, which: int, active: bool) -> None:
        update_product(self.variants[which].product_id, changes={"is_active": active}, by=SYSTEM)

    @rule(stocks=st.dictionaries(st.sampled_from(sorted(FILE)), st.integers(0, 9), min_size=1))
    def import_twice(self, stocks: dict[str, int]) -> None:
        """The second import of a file changes nothing; variants that are not in it are withdrawn."""
        path = self.write_and_import(stocks)
        before = self.stored()
        import_file(path, phone=str(self.importer.phone))
        assert self.stored() == before

    def write_and_import(self, stocks: dict[str, int]) -> Path:
        rows = [[sku, FILE[sku], FILE[sku], "5", units] for sku, units in sorted(stocks.items())]
        path = table(Path(self.folder.name) / "file.csv", HEADER, *rows)
        assert "refused" not in import_file(path, phone=str(self.importer.phone))
        return path

    def stored(self) -> tuple[object, ...]:
        rows = Variant.objects.order_by("pk").values_list("pk", "stock", "reserved", "is_active")
        return list(rows), InventoryTransaction.objects.count(), Message.objects.count()

    # The warehouse

    @rule(which=WHICH, leaving=st.integers(0, 3))
    def break_units(self, which: int, leaving: int) -> None:
        """Damage reaches any unit that is in stock, so it is never refused."""
        variant = self.variants[which]
        variant.refresh_from_db()
        if variant.stock > leaving:
            entry = Entry(variant_id=variant.pk, transaction_type="DAMAGE", quantity=variant.stock - leaving)
            record(entry, by=SYSTEM, now=self.later())

    @rule(which=WHICH, units=UNITS, kind=KINDS, fewer=st.booleans())
    def record_a_transaction(self, which: int, units: int, kind: str, fewer: bool) -> None:
        quantity = -units if kind == "ADJUSTMENT" and fewer else units
        entry = Entry(variant_id=self.variants[which].pk, transaction_type=kind, quantity=quantity)
        allowed(lambda: record(entry, by=SYSTEM, now=self.later()))

    @precondition(lambda self: self.orders("CONFIRMED").exists())
    @rule(which=WHICH)
    def ship_an_order(self, which: int) -> None:
        order = pick(self.orders("CONFIRMED"), which)
        is_short = any(item.short for item in order.items.all())
        allowed(lambda: ship_all(order.pk, by=SYSTEM, now=self.later()))
        order.refresh_from_db()
        assert (order.status == "SHIPPED") != is_short

    # Shoppers

    @rule(units=st.dictionaries(WHICH, st.integers(1, 3), min_size=1, max_size=2), paid=st.booleans())
    def order(self, units: dict[int, int], paid: bool) -> None:
        wanted = {self.variants[which].pk: number for which, number in units.items()}
        allowed(lambda: self.buy(wanted, paid=paid))

    def buy(self, units: dict[int, int], *, paid: bool) -> None:
        fill(self.customer, units)
        method = PaymentMethod.COD if paid else PaymentMethod.TEST
        check_out(self.customer, at=self.later(), payment_method=method)

    @precondition(lambda self: self.orders("PENDING").exists())
    @rule(which=WHICH)
    def pay_an_order(self, which: int) -> None:
        confirm(pick(self.orders("PENDING"), which).pk, by=SYSTEM, now=self.later())

    @precondition(lambda self: self.orders("PENDING").exists())
    @rule()
    def let_unpaid_orders_expire(self) -> None:
        self.now += timedelta(days=1)
        expire_orders(by=SYSTEM, now=self.now)
        assert not self.orders("PENDING").exists()

    @precondition(lambda self: self.orders("PENDING", "CONFIRMED").exists())
    @rule(which=WHICH)
    def cancel_an_order(self, which: int) -> None:
        cancel_units(pick(self.orders("PENDING", "CONFIRMED"), which).pk, by=SYSTEM, now=self.later())

    @precondition(lambda self: self.orders("SHIPPED").exists())
    @rule(which=WHICH, units=st.integers(1, 2))
    def return_units(self, which: int, units: int) -> None:
        item = pick(OrderItem.objects.filter(order__status="SHIPPED").order_by("pk"), which)
        allowed(lambda: receive_at_once(item.order_id, units={item.pk: units}, by=SYSTEM, now=self.later()))

    # Suppliers

    @rule(which=WHICH, point=st.integers(0, 6), more=st.integers(1, 8), pack=st.integers(1, 3))
    def set_a_rule(self, which: int, point: int, more: int, pack: int) -> None:
        values = {"reorder_point": point, "target_stock": point + more, "pack_size": pack}
        set_reorder_rule(self.variants[which], values=values, by=SYSTEM)

    @rule()
    def reorder_twice(self) -> None:
        """A run drafts exactly what each rule needs, and the next one has nothing to add."""
        draft_purchase_orders(by=SYSTEM, now=self.later())
        for each in ReorderRule.objects.select_related("variant__product"):
            line = PurchaseOrderLine.objects.filter(variant=each.variant, order__status="DRAFT").first()
            if each.variant.is_active and each.variant.product.is_active and not (line and line.is_edited):
                assert (line.quantity if line else 0) == self.needed(each)
        assert draft_purchase_orders(by=SYSTEM, now=self.later()) == []

    def needed(self, each: ReorderRule) -> int:
        variant = each.variant
        lacking = sum(row.short for row in variant.reservations.all())
        expected = sum(
            max(0, line.quantity - line.received)
            for line in PurchaseOrderLine.objects.filter(variant=variant, order__status__in=OPEN)
        )
        position = variant.stock - variant.reserved - lacking + expected
        point, target = each.reorder_point or 0, each.target_stock or 0
        return 0 if position > point else ceil((target - position) / each.pack_size) * each.pack_size

    @precondition(lambda self: self.order_lines("DRAFT", *OPEN).exists())
    @rule(which=WHICH, step=st.sampled_from(list(Step)))
    def take_a_step_with_a_purchase_order(self, which: int, step: Step) -> None:
        number = pick(self.order_lines("DRAFT", *OPEN), which).order.number
        allowed(lambda: take_step(number, step, by=SYSTEM, now=self.later()))

    @precondition(lambda self: self.order_lines(*OPEN).exists())
    @rule(which=WHICH, units=UNITS, accept_excess=st.booleans())
    def receive_a_delivery(self, which: int, units: int, accept_excess: bool) -> None:
        line = pick(self.order_lines(*OPEN), which)
        number, came = line.order.number, {line.variant_id: units}
        allowed(lambda: receive(number, units=came, accept_excess=accept_excess, by=SYSTEM, now=self.later()))

    @precondition(lambda self: self.order_lines("DRAFT").exists())
    @rule(which=WHICH, units=st.integers(0, 6))
    def edit_a_draft(self, which: int, units: int) -> None:
        line = pick(self.order_lines("DRAFT"), which)
        change_lines(line.order.number, quantities={line.variant_id: units}, by=SYSTEM)

    # The relay

    @rule(fate=st.sampled_from(["delivered", "crashed before", "crashed after"]))
    def deliver(self, fate: str) -> None:
        """Run the subscriber over unread messages; a crash after its commit leaves the cursor behind."""
        messages = list(Message.objects.filter(topic=Topic.PRODUCT, pk__gt=self.read).order_by("pk"))
        keys = list(dict.fromkeys(message.key for message in messages))
        try:
            with transaction.atomic():
                notices = [Notice(topic=Topic.PRODUCT, key=key) for key in keys]
                StockAlerts(clock=self.later).handle(notices)
                if fate == "crashed before":
                    raise CrashError  # noqa: TRY301
        except CrashError:
            return
        if fate == "delivered" and messages:
            self.read = messages[-1].pk
        self.expect({int(key) for key in keys})

    def expect(self, product_ids: set[int]) -> None:
        rows = Variant.objects.filter(product__in=product_ids, is_active=True, product__is_active=True)
        for row in rows.order_by("pk"):
            if not InventoryTransaction.objects.filter(variant=row, effect__gt=0).exists():
                continue
            units, own = row.stock - row.reserved, self.thresholds.get(row.pk)
            limit = conf.LOW_STOCK_THRESHOLD if own is None else own
            after = "OUT" if units == 0 else "LOW" if units <= limit else "SUFFICIENT"
            before = self.levels.setdefault(row.pk, after)
            if after != before:
                self.alerts.append((row.pk, before, after))
            self.levels[row.pk] = after

    # Invariants

    @invariant()
    def stock_and_reservations_are_right(self) -> None:
        check_stock_and_reservations()

    @invariant()
    def every_change_of_level_was_alerted_and_published_once(self) -> None:
        rows = StockAlert.objects.order_by("pk")
        assert list(rows.values_list("variant", "previous_level", "level")) == self.alerts
        published = Message.objects.filter(topic=Topic.STOCK_ALERT).order_by("pk")
        assert [int(key) for key in published.values_list("key", flat=True)] == [row.pk for row in rows]

    @invariant()
    def no_need_has_two_drafts(self) -> None:
        drafted = PurchaseOrderLine.objects.filter(order__status="DRAFT").values_list("variant", flat=True)
        assert len(set(drafted)) == len(drafted)
        suppliers = PurchaseOrder.objects.filter(status="DRAFT").values_list("seller", "supplier")
        assert len(set(suppliers)) == len(suppliers)


@pytest.mark.django_db
def test_stock_alerts_and_drafts_stay_right_in_any_order_of_events() -> None:
    run(Shop, examples=20, steps=30)
