"""A small shop, with all its processes running, on the stores that the environment names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.backend.payments.gateways.stripe_server import StripeServer
from tests.services import RUN
from tests.services.schema import migrate
from tests.services.shop import Shop, free_port

CATALOGS = [Path(__file__).parent / name for name in ("catalog.csv", "teapots.csv")]
STAFF = ("+15550100001", "a password for staff")
UNLIMITED = dict.fromkeys(
    (
        "THROTTLE_ANON",
        "THROTTLE_USER",
        "THROTTLE_BROWSE",
        "THROTTLE_EVENTS",
        "THROTTLE_LOGIN",
        "THROTTLE_REFRESH",
    ),
    "100000/minute",
)


@pytest.fixture(scope="package")
def stripe() -> Iterator[StripeServer]:
    """The stand-in for Stripe that the shop uses."""
    server = StripeServer()
    with server.running():
        yield server


@pytest.fixture(scope="package")
def page_port() -> int:
    """The port of another server whose pages may use the shop's API."""
    return free_port()


@pytest.fixture(scope="package")
def shop(stripe: StripeServer, page_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    environ = RUN.shop_environ("journeys") | UNLIMITED | {"DJANGO_SUPERUSER_PASSWORD": STAFF[1]}
    environ |= stripe.environ | {"PAYMENT_GATEWAYS": "cod,test,stripe"}
    environ |= {"CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{page_port}"}
    shop = Shop(tmp_path_factory.mktemp("journeys"), environ=environ)
    stripe.webhook_url = f"http://127.0.0.1:{shop.port}/api/payments/webhooks/stripe/"
    fill(shop)
    shop.start()
    yield shop
    assert shop.stop() == 0


def fill(shop: Shop) -> None:
    """Create the schemas, a catalogue and a staff account in a new shop; the index knows all words at once."""
    migrate(shop)
    shop.manage_all(
        ["migrate_warehouse"],
        ["createsuperuser", "--noinput", "--phone", STAFF[0]],
        *(["import_catalog", "--format", "csv", str(catalog)] for catalog in CATALOGS),
        ["rebuild_index"],
    )


def log_in(shop: Shop, *, phone: str, password: str, **options: Any) -> str:
    status, body = shop.post("/accounts/login/", {"phone": phone, "password": password}, **options)
    assert status == 200, body
    return str(body["data"]["access_token"])


@pytest.fixture(scope="package")
def staff(shop: Shop) -> str:
    """An access token of a staff member."""
    return log_in(shop, phone=STAFF[0], password=STAFF[1])


@pytest.fixture
def customer(shop: Shop) -> str:
    """An access token of a new customer."""
    phone, password = f"+1212555{uuid4().int % 10_000:04}", "securepassword123"
    status, body = shop.post("/accounts/register/", {"phone": phone, "password": password})
    assert status in (201, 409), body
    return log_in(shop, phone=phone, password=password)
