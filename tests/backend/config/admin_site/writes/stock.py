"""Writes of stock and purchase orders."""

from collections.abc import Callable
from pathlib import Path

from backend.catalog.models import Variant
from backend.inventory.models import StockThreshold
from backend.purchasing.drafting import draft_purchase_orders
from backend.purchasing.models import PurchaseOrder
from backend.purchasing.services import Step, set_reorder_rule, take_step
from tests.backend.config.admin_site.writes.write import Values, Write, status_of, values
from tests.backend.shop import NOW, SYSTEM, stock_of, variant


def _purchase_order(*steps: Step) -> Callable[[Path], PurchaseOrder]:
    def arrange(_: Path) -> PurchaseOrder:
        rule = {"reorder_point": 10, "target_stock": 30}
        set_reorder_rule(variant(stock=3), values=rule, by=SYSTEM)
        (order,) = draft_purchase_orders(by=SYSTEM, now=NOW)
        for step in steps:
            take_step(order.number, step, by=SYSTEM, now=NOW)
        return order

    return arrange


def _delivered(units: int) -> Callable[[PurchaseOrder], Values]:
    return lambda order: {f"variant_{order.lines.get().variant_id}": str(units)}


STOCK = (
    Write(
        model=Variant,
        name="record",
        arrange=lambda _: variant(stock=5),
        sent=values(transaction_type="ADJUSTMENT", quantity="-2"),
        wrong=values(transaction_type="DAMAGE", quantity="6"),
        error="available",
        state=lambda lamp: stock_of(lamp.pk),
        expected=(3, 0),
        audit="inventory.stock_changed",
    ),
    Write(
        model=Variant,
        name="threshold",
        arrange=lambda _: variant(),
        sent=values(units="2"),
        wrong=values(units="-1"),
        error="greater than or equal to 0",
        state=lambda lamp: [row.units for row in StockThreshold.objects.filter(variant=lamp)],
        expected=[2],
        audit="inventory.threshold_set",
    ),
    *(
        Write(
            model=PurchaseOrder,
            name=name,
            arrange=_purchase_order(*steps),
            state=status_of,
            expected=status,
            audit="purchasing.status_changed",
        )
        for name, steps, status in (
            ("approve", (), "APPROVED"),
            ("send", (Step.APPROVE,), "SENT"),
            ("close", (), "CANCELLED"),
        )
    ),
    Write(
        model=PurchaseOrder,
        name="receive",
        arrange=_purchase_order(Step.APPROVE),
        sent=_delivered(27),
        wrong=_delivered(28),
        error="27",
        state=status_of,
        expected="RECEIVED",
        audit="purchasing.delivery_received",
    ),
)
