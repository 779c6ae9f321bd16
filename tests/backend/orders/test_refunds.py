"""Captures follow shipments, and refunds follow returns, the rule about shipping, and staff's decisions."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.api.errors import InvalidInput
from backend.orders.amounts import costs_of
from backend.orders.cancellation import cancel_units
from backend.orders.errors import RefundTooLarge, TransitionNotAllowed
from backend.orders.models import Order, PaymentMethod
from backend.orders.refund_models import GrantedRefund
from backend.orders.refunds import grant_refund
from backend.orders.returns import receive_at_once
from backend.orders.shipments import create_shipment, deliver_all, ship_all
from backend.payments.models import Payment, PaymentRequest
from backend.payments.selectors import sums_of
from tests.backend.orders.settling import settled
from tests.backend.orders.steps import check_out, fill, movements_of
from tests.backend.payments.gateway import RecordingGateway, recording
from tests.backend.shop import NOW, SYSTEM, client_of, customer, staff, variant

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(days=36_500)
"""After the requests that views write, which have the current time."""


@pytest.fixture(autouse=True)
def gateway(settings: Any) -> Any:
    """Charge 5.00 for shipping, and 10 % tax on everything."""
    settings.SHIPPING_COST, settings.TAX_PERCENTAGE = Decimal("5.00"), Decimal(10)
    with recording() as (found, _):
        yield found


def placed(*prices: str, quantity: int = 2, method: PaymentMethod = PaymentMethod.TEST) -> Order:
    """Return a confirmed order of `quantity` units at each price."""
    user = customer()
    fill(user, {variant(stock=9, price=price).pk: quantity for price in prices})
    return settled(check_out(user, payment_method=method))


def money_of(order: Order) -> tuple[str, str, str]:
    """Return what is authorised, captured and refunded."""
    sums = sums_of(settled(order, at=LATER).order_number)
    return f"{sums.authorised:.2f}", f"{sums.captured:.2f}", f"{sums.refunded:.2f}"


def ship(order: Order, units: int) -> None:
    create_shipment(order.pk, units={order.items.get().pk: units}, by=SYSTEM, now=NOW)


def take_back(order: Order, units: int, **options: Any) -> None:
    receive_at_once(order.pk, units={order.items.get().pk: units}, by=SYSTEM, now=NOW, **options)


def grant(order: Order, amount: str | None = None, **options: Any) -> None:
    decimal = None if amount is None else Decimal(amount)
    grant_refund(order.pk, amount=decimal, reason="A scratch", by=SYSTEM, now=NOW, **options)


def test_captures_follow_the_shipments_and_the_rest_is_voided(
    settings: Any, gateway: RecordingGateway
) -> None:
    settings.PAYMENT_CAPTURE = "manual"
    order = placed("10.00", quantity=4)
    assert money_of(order) == ("49.50", "0.00", "0.00")
    ship(order, 1)
    assert money_of(order) == ("33.00", "16.50", "0.00")
    ship(order, 1)
    cancel_units(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    assert money_of(order) == ("22.00", "27.50", "0.00")
    assert settled(order).payment_status == "AUTHORISED"
    ship(order, 1)
    assert money_of(order) == ("0.00", "38.50", "0.00")
    assert settled(order).payment_status == "PAID"
    assert gateway.names == ["authorise", "capture", "capture", "capture", "void"]


def test_a_gateway_that_captures_once_captures_everything_at_the_first_shipment(
    settings: Any, gateway: RecordingGateway
) -> None:
    settings.PAYMENT_CAPTURE, gateway.captures_in_parts = "manual", False
    order = placed("10.00", quantity=3)
    cancel_units(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    ship(order, 1)
    assert money_of(order) == ("0.00", "27.50", "0.00")
    assert gateway.names == ["authorise", "capture", "void"]


def test_a_return_is_refunded_although_units_are_still_to_be_shipped(settings: Any) -> None:
    settings.PAYMENT_CAPTURE = "manual"
    order = placed("10.00", quantity=2)
    ship(order, 1)
    settled(order)
    take_back(order, 1)
    assert money_of(order) == ("11.00", "16.50", "11.00")
    ship(order, 1)
    assert money_of(order) == ("0.00", "27.50", "11.00")


def test_what_was_captured_ahead_of_shipping_is_kept_for_it(settings: Any) -> None:
    settings.PAYMENT_CAPTURE = "manual"
    order = placed("10.00", quantity=2)
    payment = Payment.objects.get(order_number=order.order_number)
    PaymentRequest.objects.create(
        payment=payment, kind="CAPTURE", amount=payment.amount, next_attempt_at=NOW, created_at=NOW
    )
    assert money_of(order) == ("0.00", "27.50", "0.00")
    ship(order, 1)
    assert money_of(order) == ("0.00", "27.50", "0.00")


def test_two_captures_of_the_same_amount_are_both_performed(settings: Any, gateway: RecordingGateway) -> None:
    settings.PAYMENT_CAPTURE = "manual"
    order = placed("10.00", quantity=3)
    for _ in range(3):
        ship(order, 1)
    assert money_of(order) == ("0.00", "38.50", "0.00")
    captures = PaymentRequest.objects.filter(kind="CAPTURE").order_by("pk").values_list("amount", "state")
    assert [(f"{amount:.2f}", state) for amount, state in captures] == [
        ("16.50", "SUCCEEDED"),
        ("11.00", "SUCCEEDED"),
        ("11.00", "SUCCEEDED"),
    ]
    assert gateway.names.count("capture") == 3


@pytest.mark.parametrize(
    ("rule", "choices", "refunded"),
    [
        ("full_return", (None, None), "27.50"),
        ("never", (None, None), "22.00"),
        ("never", (True, None), "27.50"),
        ("full_return", (None, False), "22.00"),
        ("full_return", (False, None), "22.00"),
    ],
)
def test_shipping_is_refunded_by_the_rule_or_as_staff_choose(
    settings: Any, rule: str, choices: tuple[bool | None, ...], refunded: str
) -> None:
    settings.REFUND_SHIPPING = rule
    order = placed("10.00")
    ship_all(order.pk, by=SYSTEM, now=NOW)
    for choice in choices:
        take_back(order, 1, refund_shipping=choice)
    assert money_of(order) == ("0.00", "27.50", refunded)
    assert order.status == "RETURNED"


def test_shipping_is_refunded_when_the_rest_of_a_returned_order_is_cancelled(settings: Any) -> None:
    order = placed("10.00")
    ship(order, 1)
    take_back(order, 1)
    assert money_of(order)[2] == "11.00"
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    assert money_of(order) == ("0.00", "27.50", "27.50")


def test_goodwill_is_divided_among_the_items_to_the_cent() -> None:
    order = placed("10.00", "20.00", "0.01", quantity=1)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    grant(order, "10.00")
    assert money_of(order)[2] == "10.00"
    refund = GrantedRefund.objects.get()
    assert (f"{refund.amount:.2f}", f"{refund.tax_amount:.2f}") == ("10.00", "0.91")
    lines = [(f"{line.amount:.2f}", f"{line.tax_amount:.2f}") for line in refund.lines.all()]
    assert lines == [("3.33", "0.30"), ("6.67", "0.61")]
    assert movements_of(order)[3:] == [("REFUND", 0, "3.03"), ("REFUND", 0, "6.06")]


def test_goodwill_lowers_what_is_refunded_for_the_units_later() -> None:
    order = placed("10.00")
    ship_all(order.pk, by=SYSTEM, now=NOW)
    grant(order, "6.00")
    take_back(order, 1)
    assert money_of(order)[2] == "17.00"
    take_back(order, 1)
    assert money_of(order) == ("0.00", "27.50", "27.50")


def test_goodwill_before_delivery_lowers_what_is_collected_in_cash() -> None:
    order = placed("10.00", method=PaymentMethod.COD)
    grant(order, "2.50", shipping=True)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    deliver_all(order.pk, by=SYSTEM, now=NOW)
    assert money_of(order) == ("0.00", "19.50", "0.00")
    assert settled(order).payment_status == "PAID"


@pytest.mark.parametrize(("amount", "shipping"), [("22.01", False), ("1.00", True)])
def test_at_most_what_is_left_is_refunded(amount: str, shipping: bool) -> None:
    order = placed("10.00")
    grant(order, shipping=True)
    with pytest.raises(RefundTooLarge):
        grant(order, amount, shipping=shipping)
    assert GrantedRefund.objects.count() == 1
    assert costs_of(order).due == Decimal(22)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", None])
def test_an_amount_that_is_not_positive_and_precise_is_refused(amount: str | None) -> None:
    order = placed("10.00")
    with pytest.raises(InvalidInput):
        grant(order, amount)


def test_only_a_confirmed_order_is_refunded() -> None:
    user = customer()
    fill(user, {variant().pk: 1})
    pending = check_out(user, payment_method=PaymentMethod.TEST)
    cancelled = placed("10.00")
    cancel_units(cancelled.pk, by=SYSTEM, now=NOW)
    for order in (pending, cancelled):
        with pytest.raises(TransitionNotAllowed):
            grant(order, "1.00")


def test_a_refund_over_http() -> None:
    order = placed("10.00")
    path = f"/api/orders/orders/{order.pk}/refunds/"
    employee, buyer = client_of(staff()), client_of(order.user)
    body = {"amount": "3.30", "shipping": True, "reason": "A scratch"}
    response = employee.post(path, body, format="json")
    assert (response.status_code, response.json()["data"]["order_number"]) == (201, order.order_number)
    assert employee.post(path, body, format="json").json()["code"] == "refund_too_large"
    assert employee.post(path, {"reason": "None"}, format="json").status_code == 400
    shown = [(row["kind"], row["amount"], row["tax_amount"]) for row in buyer.get(path).json()["results"]]
    assert shown == [("SHIPPING", "5.50", "0.50"), ("GOODWILL", "3.30", "0.30")]
    assert [each["amount"] for each in buyer.get(path).json()["results"][1]["lines"]] == ["3.30"]
    assert money_of(order)[2] == "8.80"


def test_a_return_over_http_says_whether_it_refunds_shipping() -> None:
    order = placed("10.00")
    ship_all(order.pk, by=SYSTEM, now=NOW)
    items = [{"item_id": order.items.get().pk, "quantity": 1}]
    path = f"/api/orders/orders/{order.pk}/return/"
    client_of(staff()).post(path, {"items": items, "refund_shipping": True}, format="json")
    assert money_of(order)[2] == "16.50"
