"""Concurrent checkouts and changes of orders."""

from collections.abc import Callable
from functools import partial
from unittest.mock import ANY

import pytest

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.carts.models import CartItem
from backend.orders.cancellation import cancel_units
from backend.orders.models import Movement, Order, OrderItem
from backend.orders.returns import receive_at_once
from backend.orders.shipments import ship_all
from tests.backend.orders.steps import ADDRESS, check_out, fill, order_of
from tests.backend.shop import NOW, client_of, customer, product, staff, stock_of, variant
from tests.backend.together import kinds, together

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = "/api/orders/orders/"


def test_only_one_of_two_customers_gets_the_last_unit() -> None:
    lamp, users = variant(stock=1), [customer(), customer()]
    for user in users:
        fill(user, {lamp.pk: 1})
    outcomes = together(*[partial(check_out, user) for user in users])
    assert kinds(outcomes) == ["ItemsUnavailable", "Order"]
    assert stock_of(lamp.pk) == (1, 1)
    assert CartItem.objects.count() == 1, "the cart of the other customer is unchanged"


def test_concurrent_checkouts_of_one_cart_create_one_order() -> None:
    user, lamp = customer(), variant(stock=10)
    fill(user, {lamp.pk: 2})
    outcomes = together(*[lambda: check_out(user)] * 2)
    assert kinds(outcomes) == ["CartEmpty", "Order"]
    assert stock_of(lamp.pk) == (10, 2)


def posting(user: User, *, key: str) -> Callable[[], tuple[int, bytes]]:
    def post() -> tuple[int, bytes]:
        body = {"shipping_address": ADDRESS}
        response = client_of(user).post(ORDERS, body, headers={"Idempotency-Key": key})
        return response.status_code, response.content

    return post


def test_concurrent_requests_with_one_key_get_one_order_and_the_same_response() -> None:
    user, lamp = customer(), variant(stock=10)
    fill(user, {lamp.pk: 2})
    outcomes = together(*[posting(user, key="order-1")] * 4)
    assert len(set(outcomes)) == 1
    assert outcomes[0] == (201, ANY)
    assert Order.objects.count() == 1
    assert stock_of(lamp.pk) == (10, 2)


def test_units_added_during_checkout_are_either_ordered_or_still_in_the_cart() -> None:
    user, lamp, chair = customer(), variant(stock=50), variant(stock=50)
    for _ in range(5):
        fill(user, {lamp.pk: 1})
        outcomes = together(
            lambda: check_out(user), lambda: fill(user, {chair.pk: 1}), lambda: fill(user, {chair.pk: 1})
        )
        assert isinstance(outcomes[0], Order)
        ordered = sum(
            OrderItem.objects.filter(order=outcomes[0], variant=chair).values_list("quantity", flat=True)
        )
        kept = sum(CartItem.objects.filter(variant=chair).values_list("quantity", flat=True))
        assert ordered + kept == 2
        CartItem.objects.all().delete()


def test_orders_for_the_same_products_in_any_order_do_not_block_each_other() -> None:
    first, second, third = product(stock=[30, 30, 30]).variants.all()
    baskets = [
        {first.pk: 1, second.pk: 1, third.pk: 1},
        {third.pk: 1, second.pk: 1, first.pk: 1},
        {second.pk: 1, first.pk: 1},
    ]
    users = [customer() for _ in baskets]

    def buy(user: User, basket: dict[int, int]) -> None:
        for _ in range(4):
            order_of(user, basket)

    pairs = list(zip(users, baskets, strict=True))
    outcomes = together(*[partial(buy, *pair) for pair in pairs])
    assert outcomes == [None] * 3
    assert [stock_of(variant.pk) for variant in (first, second, third)] == [(30, 12), (30, 12), (30, 8)]


def test_an_order_is_never_both_shipped_and_cancelled() -> None:
    staff_member = staff()
    for _ in range(4):
        lamp = variant(stock=2)
        user = customer()
        order = order_of(user, {lamp.pk: 1})
        outcomes = together(
            partial(ship_all, order.pk, by=Actor.user(staff_member.pk), now=NOW),
            partial(cancel_units, order.pk, by=Actor.user(user.pk), now=NOW),
        )
        assert kinds(outcomes) == ["Order", "TransitionNotAllowed"]
        shipped = isinstance(outcomes[0], Order)
        assert stock_of(lamp.pk) == ((1, 0) if shipped else (2, 0))
        assert Movement.objects.filter(order=order, kind="CANCEL").exists() is not shipped


def test_concurrent_recording_of_one_return_counts_once() -> None:
    staff_member, lamp = staff(), variant(stock=5)
    order = order_of(customer(), {lamp.pk: 1})
    ship_all(order.pk, by=Actor.user(staff_member.pk), now=NOW)
    units = {order.items.get().pk: 1}
    outcomes = together(
        *[lambda: receive_at_once(order.pk, units=units, by=Actor.user(staff_member.pk), now=NOW)] * 2
    )
    assert kinds(outcomes) == ["Order", "ReturnTooLarge"]
    assert stock_of(lamp.pk) == (5, 0)
