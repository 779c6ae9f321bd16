"""Every action in every status, as transitions.md states: the order's next status or the error's code."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.orders.cancellation import cancel_units
from backend.orders.models import Order, OrderStatus, PaymentMethod
from backend.orders.returns import receive_at_once
from backend.orders.shipments import create_shipment, deliver_all, ship_all
from tests.backend.orders.steps import check_out, fill
from tests.backend.shop import NOW, SYSTEM, client_of, customer, staff, variant

pytestmark = pytest.mark.django_db

TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in Path(__file__).with_name("transitions.md").read_text().splitlines()
    if line.startswith("|") and not line.startswith("|--")
]
ACTIONS, ROWS = TABLE[0][1:], TABLE[1:]


def placed(payment_method: PaymentMethod = PaymentMethod.COD) -> Order:
    buyer = customer()
    fill(buyer, {variant(stock=5).pk: 2})
    return check_out(buyer, payment_method=payment_method)


def shipped(*, units: int = 2) -> Order:
    order = placed()
    if units < 2:
        create_shipment(order.pk, units={order.items.get().pk: units}, by=SYSTEM, now=NOW)
    else:
        ship_all(order.pk, by=SYSTEM, now=NOW)
    return order


def delivered() -> Order:
    order = shipped()
    deliver_all(order.pk, by=SYSTEM, now=NOW)
    return order


def returned(*, units: int) -> Order:
    order = delivered()
    receive_at_once(order.pk, units={order.items.get().pk: units}, by=SYSTEM, now=NOW)
    return order


def cancelled() -> Order:
    order = placed()
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    return order


IN_STATUS: dict[str, Callable[[], Order]] = {
    "PENDING": lambda: placed(PaymentMethod.TEST),
    "CONFIRMED": placed,
    "PARTIALLY_SHIPPED": lambda: shipped(units=1),
    "SHIPPED": shipped,
    "DELIVERED": delivered,
    "PARTIALLY_RETURNED": lambda: returned(units=1),
    "RETURNED": lambda: returned(units=2),
    "CANCELLED": cancelled,
}


def test_the_table_has_every_status() -> None:
    assert {row[0] for row in ROWS} == set(IN_STATUS) == set(OrderStatus)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_action_leads_to_the_stated_status_or_is_refused(row: list[str]) -> None:
    status, *expected = row
    member = client_of(staff())
    results = []
    for action in ACTIONS:
        order = IN_STATUS[status]()
        order.refresh_from_db()
        assert order.status == status
        item = order.items.get()
        left = item.shipped - item.returned or 1
        bodies: dict[str, dict[str, Any]] = {
            "return": {"items": [{"item_id": item.pk, "quantity": left}]},
            "refund": {"amount": "1.00", "reason": "Late"},
        }
        path = "refunds" if action == "refund" else action
        response = member.post(f"/api/orders/orders/{order.pk}/{path}/", bodies.get(action, {}))
        order.refresh_from_db()
        results.append(order.status if response.status_code < 400 else response.json()["code"])
    assert results == expected
