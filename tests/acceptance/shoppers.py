"""Shoppers of the shop of `test_checkout_races`, who send requests over HTTP, and their payments by Stripe."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import urllib3

from tests.backend.payments.gateways.stripe_server import StripeServer, event, signature
from tests.services.shop import Shop
from tests.services.waiting import wait_until

UNAVAILABLE = 503
# Clients that repeat a request at once would take the processor time that a killed process needs to start.
PAUSE_SECONDS = 0.05
ADDRESS = {
    "street": "123 Main St",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "country": "USA",
}
CASH = {"payment_method": "COD"}
STRIPE = {"payment_method": "STRIPE"}
# Customers pay in cash or by the test gateway, which declines some, and reports some twice or too early.
PAYMENTS: tuple[dict[str, Any], ...] = (
    CASH,
    {"payment_method": "TEST", "payment_options": {"scenario": "approve"}},
    {"payment_method": "TEST", "payment_options": {"scenario": "decline"}},
    {"payment_method": "TEST", "payment_options": {"scenario": "duplicate"}},
    {"payment_method": "TEST", "payment_options": {"scenario": "early"}},
)


@dataclass
class Buyer:
    """A shopper who repeats a request with the same key until there is a response."""

    shop: Shop
    number: int
    headers: dict[str, str]
    responses: list[tuple[int, Any]] = field(default_factory=list)

    @property
    def has_ordered(self) -> bool:
        """Whether the last response was an order."""
        return self.responses[-1][0] == 201

    @property
    def placed(self) -> dict[str, Any]:
        """The order in the last response."""
        status, body = self.responses[-1]
        assert status == 201, body
        return dict(body["data"])

    @property
    def path(self) -> str:
        """The path of that order."""
        return f"/api/orders/orders/{self.placed['id']}/"

    def add(self, variant_id: int) -> None:
        """Put a unit into the cart; a guest gets a cart token with the first one."""
        status, shown = self.send("/api/orders/cart/", {"variant_id": variant_id, "quantity": 1})
        assert status == 201, shown
        if token := shown["data"].get("cart_token"):
            self.headers["X-Cart-Token"] = token

    def order(self, payment: Mapping[str, Any], *, key: str) -> tuple[int, Any]:
        """Place the order and return the response."""
        body = {"shipping_address": ADDRESS, "email": f"buyer{self.number}@example.org", **payment}
        self.responses.append(self.send("/api/orders/orders/", body, headers={"Idempotency-Key": key}))
        return self.responses[-1]

    def cancel(self) -> int:
        """Cancel the order; return the status of the response."""
        return self.send(f"{self.path}cancel/", {})[0]

    def status(self) -> str:
        """Return the status of the order."""
        status, body = self.shop.get(self.path, headers=self.headers)
        assert status == 200, body
        return str(body["data"]["status"])

    def wait_for(self, status: str) -> None:
        """Wait until the order has this status."""
        wait_until(lambda: self.status() == status, what=f"the order is {status}", seconds=90)

    def send(self, path: str, body: object, *, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """Send a request until its response says that it was executed or refused."""
        while True:
            with suppress(urllib3.exceptions.HTTPError):
                response = self.shop.post(path, body, headers={**self.headers, **(headers or {})})
                if response[0] != UNAVAILABLE:
                    return response
            time.sleep(PAUSE_SECONDS)


def intents_of(buyer: Buyer, stripe: StripeServer) -> list[dict[str, Any]]:
    """Return the PaymentIntents of the buyer's order."""
    number = buyer.placed["order_number"]
    return [each for each in list(stripe.intents.values()) if each["metadata"]["order_number"] == number]


def intent_of(buyer: Buyer, stripe: StripeServer) -> dict[str, Any]:
    """Return the only PaymentIntent of the buyer's order, once there is one."""
    wait_until(lambda: bool(intents_of(buyer, stripe)), what="there is a PaymentIntent", seconds=90)
    (intent,) = intents_of(buyer, stripe)
    return intent


def report(shop: Shop, intent: Mapping[str, Any], **lies: Any) -> int:
    """Post the event of a confirmed PaymentIntent, with changes; return the status of the response."""
    now = int(time.time())
    body = event("payment_intent.succeeded", {**intent, **lies}, at=now)
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature(body, at=now)}
    return shop.request("POST", "/api/payments/webhooks/stripe/", body=body, headers=headers)[0]


def received(buyer: Buyer, stripe: StripeServer) -> int:
    """Return the cents that Stripe received for the buyer's order and has not refunded."""
    intents = {each["id"]: each["amount_received"] for each in intents_of(buyer, stripe)}
    refunds = (each["amount"] for each in stripe.refunds.values() if each["payment_intent"] in intents)
    return int(sum(intents.values()) - sum(refunds))
