"""The test gateway, which records its calls."""

from collections.abc import Iterator
from typing import Any

import pytest

from backend.payments import gateways
from backend.payments.gateways.stripe import StripeGateway, StripeKeys
from tests.backend.payments.gateway import RecordingGateway, recording
from tests.backend.payments.gateways.stripe_server import (
    PUBLISHABLE_KEY,
    SECRET_KEY,
    WEBHOOK_SECRET,
    StripeServer,
)


@pytest.fixture
def gateway() -> Iterator[RecordingGateway]:
    with recording() as (found, _):
        yield found


@pytest.fixture
def manual(settings: Any) -> None:
    """Let the shop authorise payments at checkout, and capture them later."""
    settings.PAYMENT_CAPTURE = "manual"


@pytest.fixture
def stripe(settings: Any) -> Iterator[StripeServer]:
    """Return the stand-in for Stripe that the shop uses."""
    settings.PAYMENT_GATEWAYS = ["stripe"]
    server = StripeServer()
    keys = StripeKeys(secret=SECRET_KEY, publishable=PUBLISHABLE_KEY, webhook_secret=WEBHOOK_SECRET)
    with server.running():
        gateways.replace("stripe", StripeGateway(keys, url=server.url))
        yield server
    gateways.forget("stripe")
