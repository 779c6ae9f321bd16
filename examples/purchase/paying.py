"""Pays as the customer: at Stripe as Stripe.js does, or at the test gateway, which moves no money."""

import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from examples.purchase.client import TIMEOUT_SECONDS, Client, wait_for

# Stripe's card that always succeeds in test mode.
CARD = "pm_card_visa"
OPTIONS: dict[str, dict[str, str]] = {"test": {"scenario": "action"}, "stripe": {}}
"""What checkout sends as `payment_options`, so that the customer has to act."""


def pay(customer: Client, payment: dict[str, Any], *, stripe_url: str) -> None:
    """Wait until the customer can act, and pay."""
    path = f"/api/payments/{payment['id']}/"
    data = wait_for(lambda: customer.get(path)["client_data"], what="the gateway waits for the customer")
    if payment["gateway"] == "stripe":
        _confirm(data, stripe_url=stripe_url)
    else:
        body, signature = json.loads(data["approve_body"]), {data["header"]: data["approve_signature"]}
        Client(customer.address).post(data["url"], body, headers=signature)


def _confirm(data: dict[str, str], *, stripe_url: str) -> None:
    """Confirm the PaymentIntent; Stripe then reports to the shop's webhook."""
    secret = data["client_secret"]
    intent = secret.partition("_secret_")[0]
    form = {"client_secret": secret, "payment_method": CARD, "return_url": "https://shop.example/paid"}
    request = Request(  # noqa: S310 - the caller names the server
        f"{stripe_url}/v1/payment_intents/{intent}/confirm",
        data=urlencode(form).encode(),
        headers={"Authorization": f"Bearer {data['publishable_key']}"},
        method="POST",
    )
    with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass
