"""Orders with promotions: what they cost, what they use, and what cancellations and returns give back."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from backend.accounts.models import User
from backend.api.owners import Owner
from backend.invoices.services import issue
from backend.orders.amounts import costs_of
from backend.orders.cancellation import cancel_units
from backend.orders.holds import expire_orders
from backend.orders.models import Movement, Order
from backend.orders.returns import receive_at_once
from backend.orders.shipments import ship_all
from backend.promotions.codes import enter_code
from backend.promotions.errors import PromotionUsedUp
from backend.promotions.models import CartCode, CustomerUse, Promotion, PromotionCode, PromotionUse
from backend.promotions.reading import terms_for
from tests.backend.orders.steps import check_out, fill, movements_of
from tests.backend.promotions.shop import promotion
from tests.backend.shop import NOW, SYSTEM, customer, variant

pytestmark = pytest.mark.django_db


def ordered(user: User, units: dict[int, int], *codes: str, **options: Any) -> Order:
    """Place an order with these codes, as the API does."""
    owner = Owner(user_id=user.pk)
    fill(user, units)
    for code in codes:
        enter_code(owner, code, now=NOW)
    return check_out(user, terms=terms_for(owner, now=NOW), **options)


def adjustments_of(order: Order) -> list[tuple[str, str, str]]:
    return [(row.kind, row.code, f"{row.amount:.2f}") for row in order.adjustments.order_by("pk")]


def counted(row: Promotion) -> tuple[int, int]:
    row.refresh_from_db()
    return row.units_used, row.uses


def test_an_order_stores_what_each_promotion_took_off(settings: Settings) -> None:
    settings.TAX_PERCENTAGE, settings.SHIPPING_COST = Decimal(20), Decimal(5)
    lamp, vase = variant(price="30.00"), variant(price="10.00")
    promotion(name="Ten percent")
    promotion("WELCOME", name="Welcome", level="order", kind="amount", value="9.00", currency="USD")
    promotion(name="Half shipping", level="shipping", value="50")
    order = ordered(customer(), {lamp.pk: 1, vase.pk: 1}, "welcome")
    order.refresh_from_db()
    assert [(item.discount_amount, item.total_price) for item in order.items.all()] == [
        (Decimal("9.75"), Decimal("20.25")),
        (Decimal("3.25"), Decimal("6.75")),
    ]
    assert adjustments_of(order) == [
        ("SHIPPING", "standard", "5.00"),
        ("PROMOTION", "", "-3.00"),
        ("PROMOTION", "", "-1.00"),
        ("PROMOTION", "WELCOME", "-6.75"),
        ("PROMOTION", "WELCOME", "-2.25"),
        ("PROMOTION", "", "-2.50"),
    ]
    # The tax is on what is left.
    assert (order.subtotal, order.shipping_cost, order.tax_amount, order.total_amount) == (
        Decimal("27.00"),
        Decimal("2.50"),
        Decimal("5.90"),
        Decimal("35.40"),
    )
    assert movements_of(order) == [("SALE", 1, "20.25"), ("SALE", 1, "6.75")]
    uses = PromotionUse.objects.filter(order_number=order.order_number)
    assert [(use.promotion.name, use.code, use.amount) for use in uses] == [
        ("Ten percent", "", Decimal("4.00")),
        ("Welcome", "WELCOME", Decimal("9.00")),
        ("Half shipping", "", Decimal("2.50")),
    ]
    assert not CartCode.objects.exists()


def test_promotions_take_one_statement_more_and_none_if_there_are_none() -> None:
    def statements(*codes: str) -> int:
        user, lamp = customer(), variant()
        owner = Owner(user_id=user.pk)
        fill(user, {lamp.pk: 1})
        for code in codes:
            enter_code(owner, code, now=NOW)
        terms = terms_for(owner, now=NOW)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            check_out(user, terms=terms)
        return len(queries)

    before = statements()
    promotion("A", max_uses=1, unit_cap=5)
    assert statements() == before
    if connection.vendor == "postgresql":
        # The other statements are those of the tables of the last rows.
        assert statements("A") == before + 1


def test_the_last_use_is_taken_once() -> None:
    lamp = variant(stock=50)
    promotion("ONCE", max_uses=1)
    promotion("TWO", name="Two units", unit_cap=2, use_cap=5, priority=1)
    first, second = customer(), customer()
    for user in (first, second):
        fill(user, {lamp.pk: 2})
        for code in ("ONCE", "TWO"):
            enter_code(Owner(user_id=user.pk), code, now=NOW)
    terms = {user: terms_for(Owner(user_id=user.pk), now=NOW) for user in (first, second)}
    check_out(first, terms=terms[first])
    with pytest.raises(PromotionUsedUp) as refused:
        check_out(second, terms=terms[second])
    assert [
        (each["name"], each["code"], each["units_left"])
        for each in refused.value.details["promotions"]  # type: ignore[attr-defined]
    ] == [("Ten percent", "ONCE", None), ("Two units", "TWO", 0)]
    # Nothing of the second order is left; with new terms it costs the full price.
    assert Order.objects.count() == 1
    order = check_out(second, terms=terms_for(Owner(user_id=second.pk), now=NOW))
    assert (order.subtotal, order.items.get().discount_amount) == (Decimal("20.00"), Decimal(0))


def test_a_customer_uses_a_promotion_as_often_as_its_cap_says() -> None:
    user, lamp = customer(), variant(stock=50)
    promotion(customer_use_cap=1)
    terms = terms_for(Owner(user_id=user.pk), now=NOW)
    fill(user, {lamp.pk: 1})
    check_out(user, terms=terms)
    fill(user, {lamp.pk: 1})
    with pytest.raises(PromotionUsedUp):
        check_out(user, terms=terms)
    assert check_out(user, terms=terms_for(Owner(user_id=user.pk), now=NOW)).subtotal == Decimal("10.00")
    assert ordered(customer(), {lamp.pk: 1}).subtotal == Decimal("9.00")


def test_a_cancelled_order_gives_everything_back_once() -> None:
    user, lamp = customer(), variant(stock=50)
    row = promotion("ONCE", max_uses=1, unit_cap=10, customer_use_cap=1)
    order = ordered(user, {lamp.pk: 4}, "ONCE")
    assert counted(row) == (4, 1)
    items = list(order.items.all())
    cancel_units(order.pk, units={items[0].pk: 1}, by=SYSTEM, now=NOW)
    # A unit is free again, but the order has still used the promotion.
    assert counted(row) == (3, 1)
    assert PromotionCode.objects.get().uses == 1
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    assert counted(row) == (0, 0)
    assert (PromotionCode.objects.get().uses, CustomerUse.objects.get().uses) == (0, 0)
    use = PromotionUse.objects.get()
    assert (use.units_given_back, use.given_back_at) == (4, NOW)
    assert ordered(user, {lamp.pk: 1}, "ONCE").subtotal == Decimal("9.00")


def test_an_order_that_expires_gives_its_uses_back(settings: Settings) -> None:
    settings.PAYMENT_GATEWAYS = ["cod", "test"]
    user, lamp = customer(), variant(stock=50)
    row = promotion(unit_cap=3)
    order = ordered(user, {lamp.pk: 3}, payment_method="TEST")
    assert (order.status, counted(row)) == ("PENDING", (3, 1))
    assert expire_orders(by=SYSTEM, now=NOW + settings.PAYMENT_HOLD) == 1
    assert expire_orders(by=SYSTEM, now=NOW + settings.PAYMENT_HOLD) == 0
    assert counted(row) == (0, 0)


def test_returned_and_cancelled_units_give_back_what_they_cost(settings: Settings) -> None:
    settings.TAX_PERCENTAGE, settings.SHIPPING_COST = Decimal(10), Decimal(5)
    user, lamp = customer(), variant(price="10.00", stock=50)
    promotion(level="order", kind="amount", value="5.00", currency="USD")
    promotion(name="Half shipping", level="shipping", value="50")
    order = ordered(user, {lamp.pk: 3})
    assert (order.subtotal, order.total_amount) == (Decimal("25.00"), Decimal("30.25"))
    item = order.items.get()
    cancel_units(order.pk, units={item.pk: 1}, by=SYSTEM, now=NOW)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    receive_at_once(order.pk, units={item.pk: 2}, by=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert order.status == "RETURNED"
    assert movements_of(order) == [
        ("SALE", 3, "25.00"),
        ("CANCEL", 1, "8.33"),
        ("RETURN", 2, "16.67"),
        # Shipping, at what it cost.
        ("REFUND", 0, "2.50"),
    ]
    assert costs_of(order).due == 0
    # A return gives back no use.
    assert not PromotionUse.objects.exclude(given_back_at=None).exists()


@pytest.mark.parametrize("include_tax", [True, False], ids=["prices include tax", "tax is added"])
def test_invoices_and_credit_notes_have_the_reduced_amounts(settings: Settings, include_tax: bool) -> None:
    settings.TAX_PERCENTAGE, settings.SHIPPING_COST = Decimal(10), Decimal("5.00")
    settings.PRICES_INCLUDE_TAX = include_tax
    user, lamp = customer(), variant(price="10.00", stock=50)
    promotion(value="10")
    promotion(name="Half shipping", level="shipping", value="50")
    order = ordered(user, {lamp.pk: 3})
    ship_all(order.pk, by=SYSTEM, now=NOW)
    receive_at_once(order.pk, units={order.items.get().pk: 3}, by=SYSTEM, now=NOW)
    issue([order.pk], by=SYSTEM, now=NOW)
    invoice, *credit_notes = order.invoices.order_by("pk")
    assert (invoice.content["lines"][0]["discount_amount"], invoice.content["lines"][0]["amount"]) == (
        "3.00",
        "27.00",
    )
    assert [(line["description"], line["amount"]) for line in invoice.content["extras"]] == [
        ("Shipping: Standard", "2.50")
    ]
    assert Decimal(invoice.content["total_amount"]) == order.total_amount
    assert sum(Decimal(each.content["total_amount"]) for each in credit_notes) == order.total_amount


def test_the_ledger_has_what_customers_paid_for_goods() -> None:
    lamp = variant(price="9.99", stock=50)
    promotion(value="33.33")
    promotion("TEN", level="order", kind="amount", value="10.00", currency="USD")
    orders = [ordered(customer(), {lamp.pk: units}, *codes) for units, codes in ((1, ()), (3, ("TEN",)))]
    for order in orders:
        discounts = sum(item.discount_amount for item in order.items.all())
        off = sum(row.amount for row in order.adjustments.filter(item__isnull=False))
        sold = sum(Movement.objects.filter(order=order).values_list("amount", flat=True))
        assert (-off, sold) == (discounts, order.subtotal)
