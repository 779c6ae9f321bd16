"""Checkouts that lose their connection at any statement, or lock the same variants, leave nothing half done."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection
from pytest_django import Settings
from rest_framework.response import Response

from backend.accounts.models import User
from backend.carts.models import Cart, CartItem
from backend.inventory.checks import stock_differences
from backend.orders.cancellation import cancel_units
from backend.orders.models import Order
from tests.backend.orders.steps import ADDRESS, check_out, fill
from tests.backend.shop import NOW, SYSTEM, client_of, customer, product, stock_of, variant
from tests.backend.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ORDERS = "/api/orders/orders/"
METHODS = ("COD", "TEST")
STATEMENTS = 9
BUYERS, TRIES = 6, 40
IN_STOCK = [1_000, 1_001, 1_002, 1_003]


@contextmanager
def interrupted(at: int, *, after: bool) -> Iterator[Callable[[], bool]]:
    """Lose the connection before or after the statement with this number; yield whether that happened."""
    numbers = count(1)
    lost = False

    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal lost
        if next(numbers) != at:
            return execute(sql, params, many, context)
        lost = True
        if after:
            execute(sql, params, many, context)
        lose_connection()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield lambda: lost


def lose_connection() -> None:
    """Let the server end this thread's session; SQLite has no server, so its statement fails instead."""
    if connection.vendor != "postgresql":
        raise DatabaseError("interrupted")
    raw: Any = connection.connection
    with psycopg.connect(raw.info.dsn, password=raw.info.password, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [raw.info.backend_pid])


def row_counts() -> Counter[str]:
    """Return the number of rows of each table."""
    return Counter({model._meta.db_table: model._default_manager.count() for model in apps.get_models()})


def post(user: User, *, key: str, method: str) -> Response:
    client = client_of(user)
    client.raise_request_exception = False
    body = {"shipping_address": ADDRESS, "payment_method": method}
    response: Response = client.post(ORDERS, body, headers={"Idempotency-Key": key})
    return response


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("method", METHODS)
def test_a_checkout_interrupted_at_any_statement_changes_nothing_and_succeeds_when_repeated(
    method: str, *, after: bool
) -> None:
    lamp, chair = variant(stock=100), variant(stock=100)
    for number in count(1):
        user, key = customer(), f"order-{number}"
        fill(user, {lamp.pk: 1, chair.pk: 2})
        before, stock = row_counts(), stock_of(lamp.pk)
        with interrupted(number, after=after) as was_interrupted:
            first = post(user, key=key, method=method)
        if not was_interrupted():
            break
        assert first.status_code >= 500
        connection.close()
        assert (row_counts(), stock_of(lamp.pk)) == (before, stock)
        second, third = post(user, key=key, method=method), post(user, key=key, method=method)
        assert (second.status_code, second.content) == (201, third.content)
        assert Order.objects.filter(user=user).count() == 1
    assert (first.status_code, number > STATEMENTS - 1) == (201, True)
    assert stock_of(lamp.pk) == (100, number)
    assert stock_differences() == []


def test_hundreds_of_carts_in_opposite_orders_are_ordered_and_cancelled_without_deadlocks(
    settings: Settings,
) -> None:
    settings.CUSTOMER_UNIT_LIMIT = TRIES * len(IN_STOCK)
    choices = [choice.pk for choice in product(stock=IN_STOCK).variants.all()]
    users = [customer() for _ in range(BUYERS)]
    carts = [Cart.objects.create(user=user) for user in users]

    def buy(number: int) -> int:
        variants = choices if number % 2 else choices[::-1]
        for turn in range(TRIES):
            CartItem.objects.bulk_create(
                CartItem(cart=carts[number], variant_id=pk, quantity=1, added_at=NOW) for pk in variants
            )
            order = check_out(users[number])
            if turn % 2:
                cancel_units(order.pk, by=SYSTEM, now=NOW)
        return TRIES

    assert together(*[partial(buy, number) for number in range(BUYERS)]) == [TRIES] * BUYERS
    assert [stock_of(choice) for choice in choices] == [(units, BUYERS * TRIES // 2) for units in IN_STOCK]
    assert stock_differences() == []
