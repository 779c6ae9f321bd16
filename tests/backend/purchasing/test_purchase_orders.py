"""Purchase orders: drafts from reorder rules, their steps, and deliveries."""

from datetime import timedelta
from typing import Any

import pytest

from backend.accounts.models import User
from backend.api.errors import InvalidInput
from backend.catalog.models import Variant
from backend.inventory.models import InventoryTransaction, TransactionType
from backend.inventory.reservations import release, reserve
from backend.inventory.services import Entry, record_many
from backend.purchasing.demand import weekly_demand
from backend.purchasing.drafting import draft_purchase_orders
from backend.purchasing.errors import PurchaseOrderStatusConflict, ReceiptTooLarge
from backend.purchasing.forecast import WEEKS
from backend.purchasing.models import PurchaseOrder, PurchaseOrderLine, PurchaseOrderStatus
from backend.purchasing.services import (
    Step,
    change_lines,
    create_supplier,
    receive,
    set_reorder_rule,
    take_step,
)
from tests.backend import shop
from tests.backend.shop import NOW, SYSTEM, stock_of
from tests.backend.together import together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

Status = PurchaseOrderStatus


def variant_with_rule(*, stock: int = 3, sold_by: User | None = None, **rule: Any) -> Variant:
    """Return a variant that is reordered below 10 units, up to 30."""
    found = shop.variant(stock=stock, sold_by=sold_by)
    set_reorder_rule(found, values={"reorder_point": 10, "target_stock": 30, **rule}, by=SYSTEM)
    return found


def draft() -> list[PurchaseOrder]:
    return draft_purchase_orders(by=SYSTEM, now=NOW)


def quantities() -> dict[int, int]:
    return dict(PurchaseOrderLine.objects.values_list("variant_id", "quantity"))


def test_variants_below_their_reorder_point_are_drafted_up_to_their_target() -> None:
    low, sufficient = variant_with_rule(stock=3), variant_with_rule(stock=11)
    without_rule = shop.variant(stock=0)

    (order,) = [one for one in draft() if one.seller_id == low.product.seller_id]

    assert quantities() == {low.pk: 27}
    assert order.status == Status.DRAFT
    assert {sufficient.pk, without_rule.pk}.isdisjoint(quantities())


def test_drafting_again_changes_nothing() -> None:
    low = variant_with_rule(stock=3)
    draft()

    assert draft() == []
    assert quantities() == {low.pk: 27}


def test_redrafting_updates_unedited_quantities_and_keeps_edited_ones() -> None:
    seller = shop.seller()
    unedited, edited = variant_with_rule(stock=5, sold_by=seller), variant_with_rule(stock=5, sold_by=seller)
    (order,) = draft()
    change_lines(order.number, quantities={edited.pk: 2}, by=SYSTEM)
    reserve({unedited.pk: 4, edited.pk: 4}, reference="order", now=NOW)

    assert draft() == [order]
    assert quantities() == {unedited.pk: 29, edited.pk: 2}


def test_a_line_that_is_not_needed_any_more_is_removed_unless_it_was_edited() -> None:
    seller = shop.seller()
    arrives, edited = variant_with_rule(stock=5, sold_by=seller), variant_with_rule(stock=5, sold_by=seller)
    (order,) = draft()
    change_lines(order.number, quantities={edited.pk: 2}, by=SYSTEM)
    shop.receive({arrives.pk: 20, edited.pk: 20})

    assert draft() == [order]
    assert quantities() == {edited.pk: 2}
    assert draft() == []


def test_an_approval_or_a_delivery_beside_drafting_orders_nothing_twice() -> None:
    low = variant_with_rule(stock=3)
    (order,) = draft()
    reserve({low.pk: 2}, reference="order", now=NOW)

    def approve() -> None:
        take_step(order.number, Step.APPROVE, by=SYSTEM, now=NOW)

    def deliver() -> None:
        receive(order.number, units={low.pk: 5}, accept_excess=False, by=SYSTEM, now=NOW)

    for step in (approve, deliver, deliver):
        outcomes = together(draft, step, draft)
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        (line,) = PurchaseOrderLine.objects.filter(variant=low)
        assert line.order_id == order.pk
        assert line.quantity in (27, 29), "approved before or after the draft followed the stock"


def test_units_on_order_are_not_ordered_again() -> None:
    low = variant_with_rule(stock=3)
    (order,) = draft()
    take_step(order.number, Step.APPROVE, by=SYSTEM, now=NOW)
    reserve({low.pk: 3}, reference="order", now=NOW)

    assert draft() == []


def test_each_supplier_has_a_separate_draft() -> None:
    seller = shop.seller()
    kupfer = create_supplier(seller_id=seller.pk, name="Kupfer", by=SYSTEM)
    first = variant_with_rule(sold_by=seller, supplier=kupfer)
    second = variant_with_rule(sold_by=seller)

    assert {order.supplier_id for order in draft()} == {kupfer.pk, None}
    assert quantities() == {first.pk: 27, second.pk: 27}


def test_concurrent_drafting_creates_one_draft() -> None:
    low = variant_with_rule(stock=3)

    outcomes = together(*[draft] * 6)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert quantities() == {low.pk: 27}
    assert PurchaseOrder.objects.count() == 1


def test_deliveries_are_recorded_in_the_ledger_and_the_last_one_completes_the_order() -> None:
    low = variant_with_rule(stock=3)
    (order,) = draft()
    take_step(order.number, Step.APPROVE, by=SYSTEM, now=NOW)
    take_step(order.number, Step.SEND, by=SYSTEM, now=NOW)

    first = receive(order.number, units={low.pk: 20}, accept_excess=False, by=SYSTEM, now=NOW)
    last = receive(order.number, units={low.pk: 7}, accept_excess=False, by=SYSTEM, now=NOW)

    assert (first.status, last.status) == (Status.SENT, Status.RECEIVED)
    assert stock_of(low.pk) == (30, 0)
    received = InventoryTransaction.objects.filter(reference=order.number)
    assert list(received.values_list("transaction_type", "effect").order_by("pk")) == [("IN", 20), ("IN", 7)]


def test_excess_units_are_recorded_only_on_request() -> None:
    low = variant_with_rule(stock=3)
    (order,) = draft()
    take_step(order.number, Step.APPROVE, by=SYSTEM, now=NOW)

    with pytest.raises(ReceiptTooLarge) as refused:
        receive(order.number, units={low.pk: 28}, accept_excess=False, by=SYSTEM, now=NOW)
    items: Any = refused.value.details["items"]
    assert items[0]["outstanding"] == 27
    assert stock_of(low.pk) == (3, 0)

    receive(order.number, units={low.pk: 28}, accept_excess=True, by=SYSTEM, now=NOW)
    assert stock_of(low.pk) == (31, 0)


def test_of_two_concurrent_deliveries_that_exceed_the_order_one_is_refused() -> None:
    low = variant_with_rule(stock=3)
    (order,) = draft()
    take_step(order.number, Step.APPROVE, by=SYSTEM, now=NOW)

    def deliver() -> object:
        return receive(order.number, units={low.pk: 20}, accept_excess=False, by=SYSTEM, now=NOW)

    outcomes = together(deliver, deliver)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["PurchaseOrder", "ReceiptTooLarge"]
    assert stock_of(low.pk) == (23, 0)


def test_cancelling_a_partly_received_order_keeps_the_received_units() -> None:
    low = variant_with_rule(stock=3)
    (order,) = draft()
    take_step(order.number, Step.APPROVE, by=SYSTEM, now=NOW)
    receive(order.number, units={low.pk: 5}, accept_excess=False, by=SYSTEM, now=NOW)

    assert take_step(order.number, Step.CANCEL, by=SYSTEM, now=NOW).status == Status.RECEIVED
    assert [one.number for one in draft()] != [order.number]
    assert stock_of(low.pk) == (8, 0)


def test_steps_out_of_order_are_refused() -> None:
    low = variant_with_rule(stock=3)
    (order,) = draft()

    with pytest.raises(PurchaseOrderStatusConflict):
        take_step(order.number, Step.SEND, by=SYSTEM, now=NOW)
    with pytest.raises(PurchaseOrderStatusConflict):
        receive(order.number, units={low.pk: 1}, accept_excess=False, by=SYSTEM, now=NOW)
    take_step(order.number, Step.CANCEL, by=SYSTEM, now=NOW)
    for step in Step:
        with pytest.raises(PurchaseOrderStatusConflict):
            take_step(order.number, step, by=SYSTEM, now=NOW)


def test_a_draft_without_lines_cannot_be_approved() -> None:
    low = variant_with_rule(stock=3)
    (order,) = draft()
    change_lines(order.number, quantities={low.pk: 0}, by=SYSTEM)

    with pytest.raises(InvalidInput):
        take_step(order.number, Step.APPROVE, by=SYSTEM, now=NOW)


def test_demand_counts_reservations_and_skips_weeks_without_stock() -> None:
    sold = shop.variant(stock=0)
    start = NOW - timedelta(weeks=4)
    arrival = Entry(variant_id=sold.pk, transaction_type=TransactionType.IN, quantity=50)
    record_many([arrival], by=SYSTEM, now=start)
    for days, units in ((1, 5), (2, 1), (9, 8)):
        reserve({sold.pk: units}, reference="order", now=start + timedelta(days=days))
    cancelled = reserve({sold.pk: 9}, reference="order", now=start + timedelta(days=16))
    release([one.pk for one in cancelled.values()], by=SYSTEM, now=NOW)

    demand = weekly_demand([sold.pk], now=NOW)[sold.pk]

    assert demand[: WEEKS - 4] == [None] * (WEEKS - 4)
    assert demand[WEEKS - 4 :] == [6.0, 8.0, 0.0, 0.0]
