"""Issuing of invoices and credit notes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.db.models import F
from pytest_django import Settings

from backend.addresses.validation import Destination
from backend.api import money
from backend.audit.models import AuditEntry
from backend.catalog.models import Product
from backend.invoices.models import Invoice, InvoicedMovement, InvoiceKind, NumberSeries
from backend.invoices.selectors import orders_without_documents, series_with_gaps
from backend.invoices.services import Issued, issue, issue_missing
from backend.orders.amounts import costs_of
from backend.orders.cancellation import cancel_units
from backend.orders.models import Movement, Order, OrderItem
from backend.orders.refunds import grant_refund
from backend.orders.returns import receive_at_once
from backend.orders.shipments import deliver_all, ship_all
from backend.outbox.models import Message
from backend.taxes.calculation import Taxable, calculator
from tests.backend.invoices.orders import BY, confirmed_orders, issued
from tests.backend.orders.steps import check_out, fill, order_of
from tests.backend.shop import NOW, customer, product, variant

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def numbers(documents: list[Invoice]) -> list[str]:
    return [row.number for row in documents]


def test_a_confirmed_order_gets_one_invoice_however_often_it_is_issued() -> None:
    order = order_of(customer(), {variant().pk: 2})

    first, second = issued(order), issued(order)

    assert numbers(first) == numbers(second) == ["INV-2026-000001"]
    assert (first[0].kind, first[0].total_amount) == (InvoiceKind.INVOICE, order.total_amount)
    assert AuditEntry.objects.filter(action="invoices.issued").count() == 1


def test_an_order_that_is_not_confirmed_gets_no_invoice() -> None:
    user, lamp = customer(), variant()
    fill(user, {lamp.pk: 1})
    order = check_out(user, payment_method="TEST")
    assert order.status == "PENDING"

    assert issued(order) == []
    cancel_units(order.pk, by=BY, now=LATER)
    assert issued(order) == []
    assert not NumberSeries.objects.exists()


def test_an_imported_order_gets_no_invoice() -> None:
    (order_id,) = confirmed_orders(1)
    Order.objects.filter(pk=order_id).update(source="elsewhere")

    assert issue([order_id], by=BY, now=NOW) == Issued()
    assert list(orders_without_documents()) == []


def test_units_that_are_cancelled_or_returned_later_get_credit_notes_for_the_invoice() -> None:
    order = order_of(customer(), {variant(price="10.00").pk: 4})
    (item,) = order.items.all()
    issued(order)

    cancel_units(order.pk, units={item.pk: 1}, by=BY, now=LATER)
    ship_all(order.pk, by=BY, now=LATER)
    issued(order)
    for hours in (2, 3):
        receive_at_once(order.pk, units={item.pk: 1}, by=BY, now=NOW + timedelta(hours=hours))
    invoice, *notes = issued(order)

    assert numbers(notes) == ["CN-2026-000001", "CN-2026-000002", "CN-2026-000003"]
    assert {note.invoice_id for note in notes} == {invoice.pk}
    assert [note.total_amount for note in notes] == [10, 10, 10]
    assert [note.movements.get().movement.kind for note in notes] == ["CANCEL", "RETURN", "RETURN"]


def test_a_late_relay_issues_the_same_documents_at_once() -> None:
    order = order_of(customer(), {variant(price="10.00").pk: 3})
    (item,) = order.items.all()
    cancel_units(order.pk, units={item.pk: 1}, by=BY, now=LATER)
    cancel_units(order.pk, by=BY, now=LATER + timedelta(hours=1))

    documents = issued(order)

    assert [row.kind for row in documents] == ["INVOICE", "CREDIT_NOTE", "CREDIT_NOTE"]
    assert [row.total_amount for row in documents] == [30, 10, 20]


@pytest.mark.parametrize("prices_include_tax", [False, True])
@pytest.mark.parametrize(
    ("currency", "prices", "tax", "shipping", "discount"),
    [
        ("USD", ["19.99", "0.07"], "7.25", "4.99", "5.00"),
        ("EUR", ["33.33", "99.95"], "19", "3.49", "0"),
        ("JPY", ["333", "1"], "10", "550", "100"),
        ("KWD", ["1.005", "12.345"], "5", "0.750", "0.333"),
        ("USD", ["10.00", "5.00"], "0", "0", "0.01"),
    ],
)
def test_documents_have_the_amounts_of_the_order_and_of_its_movements(
    prices_include_tax: bool,
    currency: str,
    prices: list[str],
    tax: str,
    shipping: str,
    discount: str,
    settings: Settings,
) -> None:
    settings.TAX_PERCENTAGE, settings.SHIPPING_COST = Decimal(tax), Decimal(shipping)
    settings.PRICES_INCLUDE_TAX = prices_include_tax
    lamps = [variant(price=price, currency=currency) for price in prices]
    order = order_of(customer(), {lamp.pk: 3 for lamp in lamps})
    first, second = order.items.all()
    give_discount(order, item=first, discount=Decimal(discount))
    steps: list[Callable[[datetime], object]] = [
        lambda now: cancel_units(order.pk, units={first.pk: 1, second.pk: 1}, by=BY, now=now),
        lambda now: ship_all(order.pk, by=BY, now=now),
        lambda now: grant_refund(order.pk, amount=half_of_the_items(order), reason="Late", by=BY, now=now),
        lambda now: receive_at_once(order.pk, units={first.pk: 1}, by=BY, now=now),
        lambda now: receive_at_once(order.pk, units={first.pk: 1, second.pk: 2}, by=BY, now=now),
    ]

    for hour, step in enumerate(steps, start=1):
        step(NOW + timedelta(hours=hour))
        require_exact(order)
    assert Decimal(issued(order)[0].content["lines"][0]["discount_amount"]) == Decimal(discount)


def test_cancelling_everything_credits_shipping_and_what_was_not_refunded_before(
    settings: Settings,
) -> None:
    settings.TAX_PERCENTAGE, settings.SHIPPING_COST = Decimal(20), Decimal("4.99")
    order = order_of(customer(), {variant(price="10.00").pk: 2})
    grant_refund(order.pk, amount=Decimal("3.00"), shipping=True, reason="Late", by=BY, now=LATER)
    issued(order)
    cancel_units(order.pk, by=BY, now=NOW + timedelta(hours=2))

    require_exact(order)

    refund, rest = issued(order)[1:]
    assert (refund.total_amount, rest.total_amount) == (Decimal("8.99"), Decimal("21.00"))
    assert [(row["description"], row["amount"], row["tax_amount"]) for row in refund.content["extras"]] == [
        ("Refund", "2.50", "0.50"),
        ("Refund of shipping", "4.99", "1.00"),
    ]
    assert [(row["description"], row["amount"], row["tax_amount"]) for row in rest.content["extras"]] == [
        ("Refunded before", "-2.50", "-0.50"),
        ("Shipping: Standard", "4.99", "1.00"),
        ("Refunded before", "-4.99", "-1.00"),
    ]


def test_an_order_of_an_earlier_release_has_its_tax_in_one_line() -> None:
    (order_id,) = confirmed_orders(1)
    order = Order.objects.get(pk=order_id)
    Order.objects.filter(pk=order_id).update(
        tax_amount=Decimal("4.00"), total_amount=order.total_amount + Decimal("4.00")
    )
    order.refresh_from_db()

    require_exact(order)

    (invoice,) = issued(order)
    assert invoice.content["taxes"] == [
        {"tax_rate": "0", "net_amount": "41.48", "tax_amount": "0.00"},
        {"tax_rate": None, "net_amount": "0.00", "tax_amount": "4.00"},
    ]


def half_of_the_items(order: Order) -> Decimal:
    """Return half of the items' remaining price."""
    costs = costs_of(order)
    left = sum((costs.left_of(item) for item in costs.items), Decimal(0))
    return money.rounded(left / 2, currency=order.currency)


def give_discount(order: Order, *, item: OrderItem, discount: Decimal) -> None:
    """Take a part of an order-level discount off a line and its sale, as if it had been ordered with it."""
    taxable = [Taxable(amount=item.total_price - discount, tax_class=item.tax_class)]
    address = Destination(country="US", state="NY")
    (taxed,) = calculator().taxes(taxable, destination=address, currency=order.currency)
    less = item.tax_amount - taxed.tax
    OrderItem.objects.filter(pk=item.pk).update(
        discount_amount=discount,
        total_price=F("total_price") - discount,
        tax_amount=taxed.tax,
        net_amount=taxed.net,
    )
    Movement.objects.filter(order_item=item).update(amount=taxed.net)
    Order.objects.filter(pk=order.pk).update(
        subtotal=F("subtotal") - discount,
        tax_amount=F("tax_amount") - less,
        total_amount=F("total_amount") - discount - (0 if order.prices_include_tax else less),
    )


def require_exact(order: Order) -> None:
    """Check the order's documents against its rows, and each against what is printed on it."""
    invoice, *notes = issued(order)
    order = Order.objects.get(pk=order.pk)
    assert invoice.total_amount == order.total_amount
    assert sum(note.total_amount for note in notes) == order.total_amount - costs_of(order).due
    for document in (invoice, *notes):
        covered = Movement.objects.filter(invoiced__invoice=document)
        content: dict[str, Any] = document.content
        goods = content["lines"]
        refunds = [row for row in content["extras"] if row["description"] in ("Refund", "Refund of shipping")]
        moved = [Decimal(row["net_amount"]) for row in (*goods, *refunds)]
        assert sum(moved) == sum(row.amount for row in covered)
        for column in ("net_amount", "tax_amount"):
            lines = [Decimal(row[column]) for row in (*goods, *content["extras"])]
            by_rate = [Decimal(row[column]) for row in content["taxes"]]
            assert sum(lines) == sum(by_rate) == Decimal(content[column]) == getattr(document, column)
        total = Decimal(content["net_amount"]) + Decimal(content["tax_amount"])
        assert total == Decimal(content["total_amount"]) == document.total_amount
        for row in goods:
            full = Decimal(row["unit_price"]) * row["quantity"]
            assert full - Decimal(row["discount_amount"]) == Decimal(row["amount"])


def test_a_document_keeps_what_was_printed_when_the_shop_and_the_product_change(
    settings: Settings,
) -> None:
    lamp = product("A lamp")
    order = order_of(customer(first_name="Ada", last_name="Byron"), {lamp.variants.get().pk: 1})
    (before,) = issued(order)
    settings.SHOP_NAME = "Another company"
    Product.objects.filter(pk=lamp.pk).update(title="A chair")
    Order.objects.filter(pk=order.pk).update(customer_name="Somebody else")

    (after,) = issued(order)

    assert after.content == before.content
    assert after.content["shop"]["name"] == "Harbour Row Trading Ltd"
    assert after.content["buyer"]["name"] == "Ada Byron"
    assert after.content["lines"][0]["title"] == "A lamp"


def test_the_database_refuses_to_change_a_document() -> None:
    (invoice,) = issued(order_of(customer(), {variant().pk: 1}))

    changes: list[Callable[[], object]] = [
        lambda: Invoice.objects.update(total_amount=1),
        lambda: Invoice.objects.filter(pk=invoice.pk).update(content={}),
        lambda: InvoicedMovement.objects.update(invoice=invoice),
        lambda: InvoicedMovement.objects.all().delete(),
        lambda: Invoice.objects.all().delete(),
    ]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Invoice.objects.get().content == invoice.content
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        InvoicedMovement.objects.all().delete()


def test_each_year_begins_with_1_in_the_time_zone_of_the_shop(settings: Settings) -> None:
    settings.SHOP_TIME_ZONE = "Asia/Tokyo"
    orders = confirmed_orders(3)
    moments = [datetime(2026, 12, 31, hour, tzinfo=UTC) for hour in (14, 15, 14)]
    for order_id, now in zip(orders, moments, strict=True):
        issue([order_id], by=BY, now=now)

    documents = Invoice.objects.order_by("pk")

    assert numbers(list(documents)) == ["INV-2026-000001", "INV-2027-000001", "INV-2026-000002"]
    assert [str(row.issued_on) for row in documents] == ["2026-12-31", "2027-01-01", "2026-12-31"]


def test_days_never_descend_within_a_series() -> None:
    first, second = confirmed_orders(2)
    issue([first], by=BY, now=NOW)
    issue([second], by=BY, now=NOW - timedelta(days=2))

    assert {row.issued_on for row in Invoice.objects.all()} == {NOW.date()}


def test_prefixes_are_settings_and_may_be_the_same(settings: Settings) -> None:
    settings.INVOICE_PREFIX = settings.CREDIT_NOTE_PREFIX = "R"
    order = order_of(customer(), {variant().pk: 1})
    cancel_units(order.pk, by=BY, now=LATER)

    assert numbers(issued(order)) == ["R-2026-000001", "R-2026-000002"]
    assert series_with_gaps() == []


def test_missing_documents_of_old_orders_are_issued_in_their_order() -> None:
    orders = sorted(confirmed_orders(3))

    assert [issued.documents for issued in issue_missing(by=BY, now=NOW)] == [3]
    assert list(issue_missing(by=BY, now=NOW)) == []
    assert list(Invoice.objects.values_list("order", flat=True)) == orders


def test_an_order_whose_rows_contradict_each_other_delays_no_other_and_leaves_no_gap(
    capsys: pytest.CaptureFixture[str],
) -> None:
    orders = sorted(confirmed_orders(3))
    broken = orders[1]
    Order.objects.filter(pk=broken).update(charge_lines=[{"code": "wrap", "description": "", "amount": "?"}])

    assert issue(orders, by=BY, now=NOW) == Issued(2, (broken,))
    assert list(Invoice.objects.values_list("order", flat=True)) == [orders[0], orders[2]]
    assert series_with_gaps() == []
    with pytest.raises(CommandError, match=f"no documents for the orders {broken};"):
        call_command("issue_invoices")

    Order.objects.filter(pk=broken).update(charge_lines=[])
    call_command("issue_invoices")
    assert "1 invoices and credit notes" in capsys.readouterr().out


def test_a_gap_is_found() -> None:
    confirmed_orders(1)
    list(issue_missing(by=BY, now=NOW))
    assert series_with_gaps() == []

    NumberSeries.objects.filter(name="INV-2026").update(last_number=2)

    assert series_with_gaps() == ["INV-2026"]


def test_issuing_publishes_nothing_and_locks_no_order() -> None:
    order = order_of(customer(), {variant().pk: 1})
    deliver_now = NOW + timedelta(hours=1)
    before = Message.objects.count()

    issued(order)

    assert Message.objects.count() == before
    ship_all(order.pk, by=BY, now=deliver_now)
    assert deliver_all(order.pk, by=BY, now=deliver_now).status == "DELIVERED"
