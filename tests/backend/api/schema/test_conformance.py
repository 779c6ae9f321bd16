"""Every response of the API is documented in the OpenAPI document."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from rest_framework.throttling import SimpleRateThrottle

from backend.accounts.models import User
from backend.accounts.sessions import begin_session
from backend.api.schema.autoschema import ShopSchema
from backend.catalog.models import Product
from backend.search.rebuilding import build
from indexing.engine import SearchEngine
from tests.backend.api.roles.test_access import PARAMETER, TABLE, endpoint_of
from tests.backend.api.schema import schemathesis_run
from tests.backend.api.schema.document import document, operations
from tests.backend.search.conftest import folder_engine  # noqa: F401 - a fixture
from tests.backend.shop import SYSTEM, customer, product, seller, staff
from tests.services import RUN

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, reset_sequences=True)]

REFUSALS = frozenset({"401", "403"})
LOGOUT = "/accounts/logout/"
ACCOUNTS = {"customer": customer, "seller": seller, "staff": staff}
SUCCEEDING = {"guest": 12, "customer": 18, "seller": 24, "staff": 27}
"""The least number of operations of which some request succeeds."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Disable logging, because there are thousands of requests."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def application(
    folder_engine: SearchEngine,  # noqa: F811
    migrated_warehouse_url: str,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Any:
    """A shop with the objects of the document's examples and practically unlimited throttles."""
    rates = dict.fromkeys(settings.THROTTLE_RATES, "1000000/minute")
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    kettle: dict[str, Any] = {"price": "89.00", "category": ("Home", "Kitchen"), "brand": "Kupfer"}
    product("Copper kettle", stock=1_000, attributes={"colour": "copper"}, rating_count=1, **kettle)
    product("Brass kettle", stock=[5, 0], **kettle)
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    return _closing(get_wsgi_application())


def _closing(application: Any) -> Any:
    """Return the application with its responses read and closed, as web servers do."""

    def call(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        response = application(environ, start_response)
        try:
            return [b"".join(response)]
        finally:
            response.close()

    return call


def authenticated(user: User) -> dict[str, str]:
    """Return the headers of the account's requests."""
    session = begin_session(user, now=timezone.now())
    return {"Authorization": f"Bearer {session.access_token}"}


def refused_to(role: str) -> set[str]:
    """Return the ids of the operations that only other roles may use, so that all responses have the same 401 or 403."""
    used: set[tuple[str, str]] = set()
    refused: set[tuple[str, str]] = set()
    column = "no token" if role == "guest" else "admin" if role == "staff" else role
    for row in TABLE:
        endpoint = endpoint_of(row.request)
        operation = endpoint.method, PARAMETER.sub(r"{\1}", endpoint.route)
        others = set(row.statuses.values()) - REFUSALS
        (refused if row.statuses[column] in REFUSALS and others else used).add(operation)
    return {each.id for each in operations() if (each.method, each.path) in refused - used}


# The requests of staff reach the most operations, with values at all limits: those are repeated on servers.
@pytest.mark.parametrize(
    "role", [role if role == "staff" else pytest.param(role, marks=pytest.mark.once) for role in SUCCEEDING]
)
def test_no_response_is_undocumented(application: Any, role: str) -> None:
    headers = {}
    if role in ACCOUNTS:
        user = ACCOUNTS[role]()
        headers = authenticated(user)
        if role == "seller":
            Product.objects.update(seller=user)

    # After a logout, the remaining requests would be those of a guest.
    # Values at all limits are sent where they are repeated on servers, because they take minutes.
    boundaries = role == "staff" and bool(RUN.database_url)
    result = schemathesis_run.run(
        application, headers=headers, without=LOGOUT, boundaries=boundaries, refused=refused_to(role)
    )

    assert not result.found, "\n\n".join(map(str, result.found))
    succeeded = {label for label, statuses in result.statuses.items() if statuses & {200, 201, 202}}
    assert len(succeeded) >= SUCCEEDING[role], sorted(set(result.statuses) - succeeded)


@pytest.mark.once
def test_no_response_to_logging_out_is_undocumented(application: Any) -> None:
    headers = authenticated(customer())

    result = schemathesis_run.run(application, headers=headers, only=LOGOUT, boundaries=True)

    assert not result.found, "\n\n".join(map(str, result.found))
    assert result.statuses.keys() == {f"POST {LOGOUT}"}
    assert {200, 401} <= result.statuses[f"POST {LOGOUT}"]


@pytest.mark.once
def test_no_response_to_changes_of_another_sellers_product_is_undocumented(application: Any) -> None:
    path = "/api/products/{product_id}/"

    result = schemathesis_run.run(application, headers=authenticated(seller()), only=path)

    assert not result.found, "\n\n".join(map(str, result.found))
    assert 403 in result.statuses[f"DELETE {path}"]
    assert 403 in result.statuses[f"PATCH {path}"]


@pytest.mark.once
@pytest.mark.parametrize("status", ["404", "200"])
def test_an_undocumented_response_is_reported(
    application: Any, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe = ShopSchema._get_response_bodies

    def without_one(schema: ShopSchema, direction: str = "response") -> dict[str, Any]:
        return {key: body for key, body in describe(schema, direction).items() if key != status}

    monkeypatch.setattr(ShopSchema, "_get_response_bodies", without_one)

    result = schemathesis_run.run(
        application, described=document.__wrapped__(), only="/api/products/{product_id}/variants/"
    )

    assert any(f"Received: {status}" in found.problem for found in result.found)
