"""The measured ways of placing one order.

Each takes a customer with a full cart and returns a function that places the order, so that preparations are
not measured. The same rows are written by all of them.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from psycopg.types.json import Jsonb
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from uuid_utils.compat import uuid7

from backend.accounts.models import User
from backend.accounts.sessions import begin_session
from backend.api.idempotency import once
from backend.api.owners import Owner
from backend.api.responses import envelope
from backend.api.rows import LastRows
from backend.audit.actors import Actor
from backend.orders.checkout import Purchase, place_order
from backend.orders.numbers import order_number
from backend.orders.pricing import tariff
from backend.orders.serializers import shown_order
from benchmarks.checkout import naive

PATH = "/api/orders/orders/"
ADDRESS = {
    "street": "123 Main St",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "country": "US",
}
MINIMUM = (Path(__file__).parent / "minimum.sql").read_text()
CALL = "SELECT benchmark_checkout(%s, %s, %s, %s, %s, %s, %s, %s)"
FINGERPRINT = "0" * 64
_keys = count(1)

Checkout = Callable[[], object]
Way = Callable[[User, datetime], Checkout]


def function(user: User, now: datetime) -> Checkout:
    """Call the function in the database, which does nothing but the writes."""
    parameters: list[Any] = [user.pk, order_number(), _key(), FINGERPRINT, now, uuid7(), Jsonb(ADDRESS)]

    def call() -> None:
        with connection.cursor() as cursor:
            cursor.execute(CALL, [*parameters, settings.CUSTOMER_UNIT_LIMIT])
            cursor.fetchone()

    return call


def shop(user: User, now: datetime) -> Checkout:
    """Place the order as the shop's view does, without the request's way to the view."""
    request = Request(_request(), parsers=[JSONParser()])
    request.user = user
    purchase = Purchase(
        owner=Owner(user_id=user.pk),
        tariff=tariff(),
        name=user.get_full_name(),
        phone=user.phone or "",
        shipping_address=ADDRESS,
    )

    def perform(last_rows: LastRows) -> Response:
        order = place_order(purchase, by=Actor.user(user.pk), now=now, last_rows=last_rows)
        return envelope(shown_order(order), message="Order placed.", status=201)

    return lambda: once(request, perform, scope="checkout", now=now)


def shop_over_http(user: User, now: datetime) -> Checkout:
    """Send the request through Django's handler: all middleware, authentication, throttles and validation."""
    token = begin_session(user, now=now).access_token
    client = APIClient(SERVER_NAME="localhost")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": _key()}

    def post() -> None:
        response = client.post(PATH, {"shipping_address": ADDRESS}, format="json", headers=headers)
        assert response.status_code == 201, response.content

    return post


def naive_loop(user: User, now: datetime) -> Checkout:
    """Loop over the lines with a query for each row."""
    key = _key()
    return lambda: naive.check_out(user, key=key, address=ADDRESS, now=now)


WAYS: Mapping[str, Way] = {
    "function": function,
    "shop": shop,
    "shop, HTTP": shop_over_http,
    "naive": naive_loop,
}


def _key() -> str:
    return f"checkout-{next(_keys)}"


def _request() -> HttpRequest:
    return APIRequestFactory().post(
        PATH, {"shipping_address": ADDRESS}, format="json", headers={"Idempotency-Key": _key()}
    )
