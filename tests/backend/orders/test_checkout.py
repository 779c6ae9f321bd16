"""Checkout places an order of the whole cart, or changes nothing."""

from decimal import Decimal
from uuid import uuid4

import pytest
from pytest_django import Settings

from backend.accounts.models import User
from backend.api.owners import Owner
from backend.carts.models import CartItem
from backend.carts.selectors import cart_contents
from backend.catalog.models import Product, Variant
from backend.catalog.services import delete_product, update_product
from backend.inventory.models import InventoryTransaction, Reservation
from backend.inventory.reservations import reserve
from backend.orders.errors import (
    CartEmpty,
    CurrencyChanged,
    ItemsUnavailable,
    OrderTooLarge,
    PriceChanged,
)
from backend.orders.models import Movement, Order, OrderStatusHistory
from backend.outbox.models import Message
from backend.outbox.topics import Topic
from tests.backend.orders.steps import ADDRESS, check_out, fill, movements_of, order_of
from tests.backend.shop import NOW, SYSTEM, customer, product, seller, stock_of, variant

pytestmark = pytest.mark.django_db


def test_an_order_has_the_lines_of_the_cart_at_current_prices() -> None:
    user = customer(first_name="Ada", last_name="King")
    lamp, chair = variant(price="10.00"), variant(price="99.90")
    fill(user, {lamp.pk: 3, chair.pk: 1})
    update_product(lamp.product_id, changes={"discount_percentage": 10}, by=SYSTEM)
    order = check_out(user)
    order.refresh_from_db()
    assert (order.status, order.payment_status, order.payment_method) == ("CONFIRMED", "PENDING", "COD")
    assert (order.user, order.customer_name, order.customer_phone) == (user, "Ada King", user.phone)
    assert (order.subtotal, order.total_amount, order.currency) == (
        Decimal("126.90"),
        Decimal("126.90"),
        "USD",
    )
    assert (order.shipping_address, order.placed_at) == (ADDRESS, NOW)
    assert [
        (item.variant, item.quantity, item.unit_price, item.total_price) for item in order.items.all()
    ] == [
        (lamp, 3, Decimal("9.00"), Decimal("27.00")),
        (chair, 1, Decimal("99.90"), Decimal("99.90")),
    ]


def test_tax_and_shipping_follow_the_shops_rates(settings: Settings) -> None:
    settings.TAX_PERCENTAGE, settings.SHIPPING_COST = Decimal(20), Decimal(5)
    order = order_of(customer(), {variant(price="10.00").pk: 1})
    assert (order.subtotal, order.shipping_cost, order.tax_amount, order.total_amount) == (
        Decimal(10),
        Decimal(5),
        Decimal(3),
        Decimal(18),
    )


def test_checkout_reserves_the_units_and_records_no_transaction() -> None:
    lamp = variant(stock=5)
    entries = InventoryTransaction.objects.count()
    order = order_of(customer(), {lamp.pk: 2})
    item = order.items.get()
    assert stock_of(lamp.pk) == (5, 2)
    assert item.reservation is not None
    assert (item.reservation.state, item.reservation.quantity, item.reservation.reference) == (
        "COMMITTED",
        2,
        order.order_number,
    )
    assert InventoryTransaction.objects.count() == entries


def test_the_cart_is_empty_afterwards() -> None:
    user = customer()
    order_of(user, {variant().pk: 1})
    assert cart_contents(Owner(user_id=user.pk)).lines == ()


def test_the_claim_of_the_cart_is_kept_with_item_and_sale() -> None:
    user, lamp, shown = customer(), variant(), uuid4()
    fill(user, {lamp.pk: 1}, exposure_id=shown)
    order = check_out(user)
    item, sale = order.items.get(), Movement.objects.get()
    assert (item.exposure_id, item.cart_added_at, item.shopper_key) == (shown, NOW, user.shopper_key)
    assert (sale.exposure_id, sale.cart_added_at, sale.shopper_key) == (shown, NOW, user.shopper_key)


def test_each_line_becomes_a_sale_with_its_seller_and_category() -> None:
    user, trader = customer(), seller()
    lamp = variant(price="10.00", category=("Home", "Lamps"), sold_by=trader)
    order = order_of(user, {lamp.pk: 3, variant(price="1.50").pk: 2})
    assert movements_of(order) == [("SALE", 3, "30.00"), ("SALE", 2, "3.00")]
    sale = Movement.objects.get(variant=lamp)
    assert (sale.order, sale.order_item, sale.product, sale.customer) == (
        order,
        order.items.get(variant=lamp),
        lamp.product,
        user,
    )
    assert (sale.seller, sale.category_path, sale.currency, sale.occurred_at, sale.reference) == (
        trader,
        "Home > Lamps",
        "USD",
        NOW,
        None,
    )


def test_the_history_has_the_steps_pending_and_confirmed() -> None:
    user = customer()
    order = order_of(user, {variant().pk: 1})
    assert list(order.history.values_list("status", "changed_by", "changed_at")) == [
        ("PENDING", user.pk, NOW),
        ("CONFIRMED", user.pk, NOW),
    ]


def test_the_order_and_its_products_are_published() -> None:
    user, lamp = customer(), variant()
    fill(user, {lamp.pk: 1})
    Message.objects.all().delete()
    order = check_out(user)
    assert sorted(Message.objects.exclude(topic=Topic.ORDER_STEP).values_list("topic", "key")) == [
        ("order", str(order.pk)),
        ("product", str(lamp.product_id)),
    ]


def test_an_order_keeps_a_snapshot_of_the_product() -> None:
    shirt = product(
        "A shirt", brand="Acme", attributes={"fabric": "linen"}, image_urls=["https://example.org/s.jpg"]
    )
    Variant.objects.filter(product=shirt).update(attributes={"size": "M"})
    choice = shirt.variants.get()
    order = order_of(customer(), {choice.pk: 1})
    update_product(shirt.pk, changes={"title": "Another shirt"}, by=SYSTEM)
    delete_product(shirt.pk, now=NOW, by=SYSTEM)
    assert order.items.get().product_snapshot == {
        "title": "A shirt",
        "brand": "Acme",
        "category": "Home > Lamps",
        "sku": choice.sku,
        "variant": "choice 0",
        "attributes": {"fabric": "linen", "size": "M"},
        "image_url": "https://example.org/s.jpg",
    }


def require_nothing_changed(user: User, *, lines: int) -> None:
    """Check that a refused checkout changed nothing."""
    assert not Order.objects.exists()
    assert not Movement.objects.exists()
    assert not OrderStatusHistory.objects.exists()
    assert not Reservation.objects.exclude(reference="another's order").exists()
    assert CartItem.objects.filter(cart__user=user).count() == lines


def test_an_empty_cart_cannot_be_ordered() -> None:
    with pytest.raises(CartEmpty):
        check_out(customer())


def test_a_checkout_with_unavailable_lines_is_refused_with_these_lines() -> None:
    user = customer()
    deleted, scarce, available = variant(), variant(title="A rare lamp", stock=3), variant()
    fill(user, {deleted.pk: 1, scarce.pk: 3, available.pk: 1})
    delete_product(deleted.product_id, now=NOW, by=SYSTEM)
    reserve({scarce.pk: 2}, reference="another's order", now=NOW)
    with pytest.raises(ItemsUnavailable) as refused:
        check_out(user)
    items = CartItem.objects.order_by("pk")
    assert refused.value.details == {
        "items": [
            {
                "item_id": items[0].pk,
                "problem": "not_for_sale",
                "product_id": deleted.product_id,
                "title": "A lamp",
                "variant_id": deleted.pk,
                "sku": deleted.sku,
                "requested": 1,
                "available": 10,
            },
            {
                "item_id": items[1].pk,
                "problem": "insufficient_stock",
                "product_id": scarce.product_id,
                "title": "A rare lamp",
                "variant_id": scarce.pk,
                "sku": scarce.sku,
                "requested": 3,
                "available": 1,
            },
        ]
    }
    require_nothing_changed(user, lines=3)


def test_a_total_that_the_customer_did_not_expect_is_refused() -> None:
    user, lamp = customer(), variant(price="10.00")
    fill(user, {lamp.pk: 1})
    update_product(lamp.product_id, changes={"price": Decimal("12.00")}, by=SYSTEM)
    with pytest.raises(PriceChanged) as refused:
        check_out(user, expected_total=Decimal("10.00"))
    assert refused.value.details == {"expected_total": "10.00", "total_amount": "12.00"}
    require_nothing_changed(user, lines=1)
    assert check_out(user, expected_total=Decimal("12.00")).total_amount == Decimal("12.00")


def test_a_currency_that_the_customer_did_not_expect_is_refused() -> None:
    user, lamp = customer(), variant(price="10.00")
    fill(user, {lamp.pk: 1})
    Product.objects.filter(pk=lamp.product_id).update(currency="EUR")
    with pytest.raises(CurrencyChanged) as refused:
        check_out(user, expected_total=Decimal("10.00"), expected_currency="USD")
    assert refused.value.details == {"expected_currency": "USD", "currency": "EUR"}
    require_nothing_changed(user, lines=1)
    order = check_out(user, expected_total=Decimal("10.00"), expected_currency="EUR")
    assert (order.currency, order.total_amount) == ("EUR", Decimal("10.00"))


def test_an_order_beyond_the_highest_total_is_refused(settings: Settings) -> None:
    settings.CUSTOMER_UNIT_LIMIT = 101
    user, lamp = customer(), variant(price="9999999999.99", stock=101)
    fill(user, {lamp.pk: 101})
    with pytest.raises(OrderTooLarge) as refused:
        check_out(user)
    assert refused.value.details == {"total_amount": "1009999999998.99", "max_total": "999999999999.99"}
    require_nothing_changed(user, lines=1)


def test_a_cart_of_unavailable_lines_is_not_reported_as_empty() -> None:
    user, lamp = customer(), variant()
    fill(user, {lamp.pk: 1})
    delete_product(lamp.product_id, now=NOW, by=SYSTEM)
    with pytest.raises(ItemsUnavailable):
        check_out(user)
