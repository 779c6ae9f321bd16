"""Orders that an earlier release changed get the status that follows from their units."""

from io import StringIO

import pytest
from django.core.management import call_command

from backend.orders import derived_statuses
from backend.orders.models import Order
from backend.outbox.models import Message
from tests.backend.orders.steps import order_of
from tests.backend.shop import customer, variant

pytestmark = pytest.mark.django_db


def old_order(status: str, *, returned: int = 0, **counted: int) -> Order:
    """Return an order of three units that an earlier release left with these counters."""
    order = order_of(customer(), {variant(stock=5).pk: 3})
    Order.objects.filter(pk=order.pk).update(status=status)
    order.items.update(returned=returned, **counted)
    return order


def run() -> str:
    out = StringIO()
    call_command("derive_order_statuses", stdout=out)
    return out.getvalue().strip()


@pytest.mark.parametrize("batch", [1, 1_000])
def test_the_status_of_every_order_is_derived_once(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived_statuses, "BATCH", batch)
    expected = {
        old_order("SHIPPED", returned=3): "RETURNED",
        old_order("SHIPPED", returned=1): "PARTIALLY_RETURNED",
        old_order("DELIVERED", returned=3, shipped=3, delivered=3): "RETURNED",
        old_order("DELIVERED"): "DELIVERED",
        old_order("CANCELLED"): "CANCELLED",
        old_order("CONFIRMED"): "CONFIRMED",
        old_order("SHIPPED", shipped=3): "SHIPPED",
    }
    Message.objects.all().delete()
    before = {order: order.history.count() for order in expected}
    assert run() == "3 orders have changed"
    changed = list(expected)[:3]
    for order, status in expected.items():
        order.refresh_from_db()
        added = list(order.history.order_by("pk").values_list("status", flat=True))[before[order] :]
        assert (order.status, added) == (status, [status] if order in changed else [])
    published = Message.objects.values_list("topic", "key")
    assert sorted(published) == sorted(("order", str(order.pk)) for order in changed)
    assert run() == "0 orders have changed"
