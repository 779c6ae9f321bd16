"""Staff ship, deliver, cancel, refund and take back orders in the admin, through the services of orders."""

from decimal import Decimal

import pytest
from django.test import Client

from backend.audit.models import AuditEntry
from backend.orders.fulfilment_models import Return, ReturnReason, ReturnStatus
from backend.orders.models import Order, OrderStatus
from backend.orders.refund_models import GrantedRefund
from backend.orders.returns import request_return
from backend.outbox.models import Message
from tests.backend.config.admin_site.browser import errors_of, fields_of, logged_in, send
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW, SYSTEM, customer, product, stock_of

pytestmark = pytest.mark.django_db

ORDERS = "/admin/orders/order/"


@pytest.fixture
def browser() -> Client:
    return logged_in()


@pytest.fixture
def order() -> Order:
    lamp = product(price="10.00", stock=[5, 5])
    return order_of(customer(), {variant.pk: 2 for variant in lamp.variants.all()})


def status_of(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def test_a_parcel_is_shipped_with_its_tracking_number_and_then_the_rest(
    browser: Client, order: Order
) -> None:
    first, second = order.items.all()
    page = f"{ORDERS}{order.pk}/"
    parcel = {f"item_{first.pk}": "1", f"item_{second.pk}": "0", "carrier": "DHL", "tracking_number": "7"}

    too_many = send(browser, f"{page}ship/", {f"item_{first.pk}": "3"})
    shipped = send(browser, f"{page}ship/", parcel)

    assert "less than or equal to 2" in errors_of(too_many)
    assert shipped.status_code == 302, errors_of(shipped)
    assert status_of(order) == OrderStatus.PARTIALLY_SHIPPED
    shipment = order.shipments.get()
    assert (shipment.carrier, shipment.tracking_number) == ("DHL", "7")

    send(browser, f"{page}ship-all/", {"note": "The rest."})
    assert status_of(order) == OrderStatus.SHIPPED
    assert order.history.last().note == "The rest."  # type: ignore[union-attr]
    assert stock_of(first.variant_id) == (3, 0)

    send(browser, f"/admin/orders/shipment/{shipment.pk}/deliver/", {})
    send(browser, f"{page}deliver/", {})
    assert status_of(order) == OrderStatus.DELIVERED
    assert AuditEntry.objects.filter(action="orders.delivered", user_id__isnull=False).count() == 2
    assert Message.objects.filter(topic="order_step").exists()


def test_only_what_the_status_allows_is_offered_and_performed(browser: Client, order: Order) -> None:
    page = f"{ORDERS}{order.pk}/"
    offered = browser.get(f"{page}change/").content.decode()

    for name in ("ship", "ship-all", "cancel", "refund"):
        assert f"{page}{name}/" in offered
    assert f"{page}deliver/" not in offered
    response = browser.get(f"{page}deliver/", follow=True)
    assert "is not possible now" in errors_of(response)
    assert status_of(order) == OrderStatus.CONFIRMED


def test_links_change_nothing_and_a_form_that_is_sent_twice_has_its_effect_once(
    browser: Client, order: Order
) -> None:
    path = f"{ORDERS}{order.pk}/refund/"
    form = {**fields_of(browser.get(path)), "amount": "5", "reason": "A scratch"}
    assert not GrantedRefund.objects.exists()

    first = browser.post(path, form)
    second = browser.post(path, form, follow=True)
    more = send(browser, path, {"amount": "1000", "reason": "Too much"})

    assert first.status_code == 302, errors_of(first)
    assert "sent before" in errors_of(second)
    assert GrantedRefund.objects.get().amount == Decimal(5)
    assert "available" in errors_of(more)


def test_units_are_cancelled_and_available_again(browser: Client, order: Order) -> None:
    first, second = order.items.all()

    send(browser, f"{ORDERS}{order.pk}/cancel/", {f"item_{first.pk}": "0", f"item_{second.pk}": "2"})

    second.refresh_from_db()
    assert second.cancelled == 2
    assert stock_of(second.variant_id) == (5, 0)
    assert status_of(order) == OrderStatus.CONFIRMED


@pytest.mark.parametrize(
    ("step", "status"), [("approve", ReturnStatus.APPROVED), ("reject", ReturnStatus.REJECTED)]
)
def test_a_return_is_decided_and_received_by_condition(
    browser: Client, order: Order, step: str, status: ReturnStatus
) -> None:
    send(browser, f"{ORDERS}{order.pk}/ship-all/", {})
    send(browser, f"{ORDERS}{order.pk}/deliver/", {})
    item = order.items.all()[0]
    row = request_return(
        order.pk, units={item.pk: 2}, reasons={item.pk: ReturnReason.OTHER}, by=SYSTEM, now=NOW
    )
    page = f"/admin/orders/return/{row.pk}/"

    send(browser, f"{page}{step}/", {"note": "Fine."})
    row = Return.objects.get()
    assert (row.status, row.decision_note) == (status, "Fine.")
    if step == "reject":
        return

    wrong = send(browser, f"{page}receive/", {f"resellable_{item.pk}": "2", f"damaged_{item.pk}": "1"})
    right = send(browser, f"{page}receive/", {f"resellable_{item.pk}": "1", f"damaged_{item.pk}": "1"})

    assert "must add up to 2" in errors_of(wrong)
    assert right.status_code == 302, errors_of(right)
    assert Return.objects.get().status in (ReturnStatus.RECEIVED, ReturnStatus.REFUNDED)
    assert stock_of(item.variant_id) == (4, 0)
