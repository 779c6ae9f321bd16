"""Orders for the tests of invoices."""

from datetime import timedelta
from decimal import Decimal
from itertools import islice

from backend.audit.actors import Actor
from backend.invoices.models import Invoice
from backend.invoices.services import issue
from backend.orders.bulk import Charge, PastItem, PastOrder, import_orders
from backend.orders.models import Order, OrderStatus
from tests.backend.shop import NOW, variant

BY = Actor.system("tests")


def issued(order: Order) -> list[Invoice]:
    """Issue what the order lacks, and return all its documents."""
    issue([order.pk], by=BY, now=NOW)
    return list(Invoice.objects.filter(order=order))


def confirmed_orders(number: int, *, lines: int = 1) -> list[int]:
    """Store confirmed orders as if they had been placed in this shop; return their ids."""
    variants = [variant(title=f"Lamp {index}", price="19.99").pk for index in range(lines)]
    items = [PastItem(variant_id=pk, quantity=2, unit_price=Decimal("19.99")) for pk in variants]
    orders = [
        PastOrder(
            reference=str(index),
            placed_at=NOW + timedelta(seconds=index),
            currency="USD",
            items=items,
            charges=[Charge(code="gift_wrap", description="Gift wrapping", amount=Decimal("1.50"))],
            steps=[],
        )
        for index in range(number)
    ]
    import_orders(orders, source="tests")
    own = Order.objects.filter(source="tests", status=OrderStatus.CONFIRMED)
    own.update(source="", source_reference=None, payment_method="COD")
    return list(islice(Order.objects.order_by("-pk").values_list("pk", flat=True), number))
