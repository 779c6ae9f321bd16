"""Checkouts that lose their connection at any statement leave nothing half done."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection
from rest_framework.response import Response

from backend.accounts.models import User
from backend.inventory.checks import stock_differences
from backend.orders.models import Order
from tests.backend.orders.steps import ADDRESS, fill
from tests.backend.shop import client_of, customer, stock_of, variant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ORDERS = "/api/orders/orders/"
METHODS = ("COD", "TEST")
STATEMENTS = 9


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
