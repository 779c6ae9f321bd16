"""A stand-in for Stripe's API, which refuses what Stripe's reference says that Stripe refuses.

Written from https://docs.stripe.com/api (payment_intents, refunds, errors, idempotent_requests): forms with
brackets, known and required parameters, the version header, idempotency keys (a stored response is repeated,
also an error of the server; other parameters under a known key are an error; requests that fail validation
are not stored), the states of a PaymentIntent, and the shape of errors. A customer confirms a PaymentIntent with
the publishable key and the client secret, as Stripe.js does.

With a `webhook_url`, events are posted there, each `deliveries` times, in threads of their own: an event may
arrive before the response to the request that caused it.
"""

import hashlib
import hmac
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import urllib3
from rest_framework.test import APIClient

from tests.backend.payments.gateways.standin import Call, Response, StandIn

SECRET_KEY = "sk_test_stand_in"
PUBLISHABLE_KEY = "pk_test_stand_in"
WEBHOOK_SECRET = "whsec_stand_in"
VERSION = "2026-10-28.endive"
_NUMBERS = itertools.count(1)

# Parameters by path: required, optional.
_PARAMETERS = {
    "create": (
        {"amount", "currency"},
        {"capture_method", "automatic_payment_methods[enabled]", "description"},
    ),
    "capture": (set(), {"amount_to_capture"}),
    "cancel": (set(), {"cancellation_reason"}),
    "refunds": ({"payment_intent"}, {"amount", "reason"}),
    "confirm": ({"client_secret", "payment_method"}, {"return_url"}),
}
_CHOICES = {
    "capture_method": {"automatic", "automatic_async", "manual"},
    "cancellation_reason": {"duplicate", "fraudulent", "requested_by_customer", "abandoned"},
    "reason": {"duplicate", "fraudulent", "requested_by_customer"},
    "automatic_payment_methods[enabled]": {"true", "false"},
}


class StripeFault(Exception):
    def __init__(self, status: int, code: str, kind: str = "invalid_request_error", **extra: Any) -> None:
        super().__init__(code)
        self.response = Response(
            status, {"error": {"type": kind, "code": code, "message": code.replace("_", " "), **extra}}
        )


@dataclass
class StripeServer(StandIn):
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    refund_status: str = "succeeded"
    in_use: set[str] = field(default_factory=set)
    is_broken: bool = False
    webhook_url: str = ""
    deliveries: int = 1
    delivered: list[int] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a shop that uses this stand-in."""
        return {
            "STRIPE_URL": self.url,
            "STRIPE_SECRET_KEY": SECRET_KEY,
            "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }

    def respond(self, call: Call) -> Response:
        try:
            if call.path.endswith("/confirm"):
                return self._confirmed_by_customer(call)
            _check_headers(call)
            return self._once(call)
        except StripeFault as fault:
            return fault.response

    def _once(self, call: Call) -> Response:
        key = call.headers.get("idempotency-key", "")
        if not 1 <= len(key) <= 255:
            raise AssertionError("a request that changes something needs an idempotency key")
        if key in self.in_use:
            raise StripeFault(409, "idempotency_key_in_use")
        content = (call.path, call.body)
        if key in self.saved:
            before, response = self.saved[key]
            if before != content:
                raise StripeFault(400, "idempotency_error", kind="idempotency_error")
            return Response(response.status, response.content, {"Idempotent-Replayed": "true"})
        if self.is_broken:
            # Stripe stores the response of a request that failed on its side as well.
            response = Response(500, {"error": {"type": "api_error", "message": "Something went wrong."}})
        else:
            response = self._performed(call)
        self.saved[key] = (content, response)
        return response

    def _performed(self, call: Call) -> Response:
        form = dict(parse_qsl(call.body.decode(), keep_blank_values=True, strict_parsing=bool(call.body)))
        match call.path.removeprefix("/v1/").split("/"):
            case ["payment_intents"]:
                _check(form, "create")
                return Response(200, self._create(form))
            case ["payment_intents", intent_id, "capture"]:
                _check(form, "capture")
                return self._changed(intent_id, "capture", form)
            case ["payment_intents", intent_id, "cancel"]:
                _check(form, "cancel")
                return self._changed(intent_id, "cancel", form)
            case ["refunds"]:
                _check(form, "refunds")
                return Response(200, self._refund(form))
        raise StripeFault(404, "resource_missing")

    def _create(self, form: dict[str, str]) -> dict[str, Any]:
        number = next(_NUMBERS)
        intent = {
            "id": f"pi_{number}",
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "amount_capturable": 0,
            "amount_received": 0,
            "currency": form["currency"],
            "capture_method": form.get("capture_method", "automatic_async"),
            "client_secret": f"pi_{number}_secret_x",
            "status": "requires_payment_method",
            "metadata": _metadata(form),
            "last_payment_error": None,
        }
        self.intents[f"pi_{number}"] = intent
        return dict(intent)

    def _changed(self, intent_id: str, action: str, form: dict[str, str]) -> Response:
        intent = self.intents.get(intent_id)
        if intent is None:
            raise StripeFault(404, "resource_missing", param="intent")
        allowed = {"capture": {"requires_capture"}, "cancel": _CANCELLABLE}[action]
        if intent["status"] not in allowed:
            raise StripeFault(400, "payment_intent_unexpected_state", payment_intent=dict(intent))
        if action == "cancel":
            intent.update(status="canceled", amount_capturable=0)
            return Response(200, dict(intent))
        amount = int(form.get("amount_to_capture", intent["amount_capturable"]))
        if amount > intent["amount_capturable"]:
            raise StripeFault(400, "amount_too_large", param="amount_to_capture")
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        return Response(200, dict(intent))

    def _refund(self, form: dict[str, str]) -> dict[str, Any]:
        intent = self.intents.get(form["payment_intent"])
        if intent is None:
            raise StripeFault(404, "resource_missing", param="payment_intent")
        refunded = sum(
            each["amount"]
            for each in self.refunds.values()
            if each["payment_intent"] == intent["id"] and each["status"] != "failed"
        )
        amount = int(form.get("amount", intent["amount_received"] - refunded))
        if amount > intent["amount_received"] - refunded:
            raise StripeFault(400, "charge_already_refunded")
        refund = {
            "id": f"re_{next(_NUMBERS)}",
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "status": self.refund_status,
            "metadata": _metadata(form),
        }
        self.refunds[str(refund["id"])] = refund
        self._send_event("refund.created", refund)
        return dict(refund)

    def _confirmed_by_customer(self, call: Call) -> Response:
        if call.headers.get("authorization") != f"Bearer {PUBLISHABLE_KEY}":
            raise StripeFault(401, "api_key_invalid")
        form = dict(parse_qsl(call.body.decode(), strict_parsing=True))
        _check(form, "confirm")
        intent = self.intents.get(call.path.split("/")[-2])
        if intent is None or form["client_secret"] != intent["client_secret"]:
            raise StripeFault(404, "resource_missing", param="intent")
        if "return_url" not in form:
            # Some automatic payment methods redirect the customer.
            raise StripeFault(400, "parameter_missing", param="return_url")
        if intent["status"] != "requires_payment_method":
            raise StripeFault(400, "payment_intent_unexpected_state", payment_intent=dict(intent))
        is_declined = form["payment_method"] == "pm_card_chargeDeclined"
        self._send_event(self.confirm(intent["id"], declined=is_declined), intent)
        if is_declined:
            raise StripeFault(402, "card_declined", kind="card_error", payment_intent=dict(intent))
        return Response(200, dict(intent))

    def _send_event(self, kind: str, subject: dict[str, Any]) -> None:
        """Post an event to the webhook URL, if there is one, without waiting for the response."""
        body = event(kind, subject, at=int(time.time()))
        for _ in range(self.deliveries if self.webhook_url else 0):
            threading.Thread(target=self._deliver, args=(body,), daemon=True).start()

    def _deliver(self, body: bytes) -> None:
        headers = {
            "Content-Type": "application/json",
            "Stripe-Signature": signature(body, at=int(time.time())),
        }
        with urllib3.PoolManager(retries=False) as client:
            self.delivered.append(client.request("POST", self.webhook_url, body=body, headers=headers).status)

    def confirm(self, intent_id: str, *, declined: bool = False) -> str:
        """Confirm the PaymentIntent as a customer does with Stripe.js; return the type of the event."""
        intent = self.intents[intent_id]
        if declined:
            intent.update(
                status="requires_payment_method", last_payment_error={"message": "Your card was declined."}
            )
            return "payment_intent.payment_failed"
        if intent["capture_method"] == "manual":
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
            return "payment_intent.amount_capturable_updated"
        intent.update(status="succeeded", amount_received=intent["amount"])
        return "payment_intent.succeeded"


_CANCELLABLE = {
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
}


def _check_headers(call: Call) -> None:
    if call.headers.get("authorization") != f"Bearer {SECRET_KEY}":
        raise StripeFault(401, "api_key_invalid")
    assert call.headers.get("stripe-version") == VERSION, "the API version is pinned"
    if call.method == "POST" and call.body:
        assert call.headers["content-type"] == "application/x-www-form-urlencoded"


def _check(form: dict[str, str], action: str) -> None:
    """Refuse missing, unknown and invalid parameters; such a request is not stored under its key."""
    required, optional = _PARAMETERS[action]
    for name in required - form.keys():
        raise StripeFault(400, "parameter_missing", param=name)
    for name, value in form.items():
        if name.startswith("metadata["):
            assert len(value) <= 500
            continue
        if name not in required | optional:
            raise StripeFault(400, "parameter_unknown", param=name)
        if name in _CHOICES and value not in _CHOICES[name]:
            raise StripeFault(400, "parameter_invalid_string", param=name)
        if name.startswith("amount") and not (value.isdigit() and int(value) > 0):
            raise StripeFault(400, "parameter_invalid_integer", param=name)
    currency = form.get("currency", "usd")
    if not (len(currency) == 3 and currency.islower()):
        raise StripeFault(400, "currency_invalid", param="currency")


def _metadata(form: dict[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in form.items()
        if name.startswith("metadata[")
    }


def event(kind: str, subject: dict[str, Any], *, at: int) -> bytes:
    """Return the body of an event about an object."""
    number = next(_NUMBERS)
    content = {"id": f"evt_{number}", "object": "event", "type": kind, "created": at}
    return json.dumps({**content, "data": {"object": subject}, "api_version": VERSION}).encode()


def signature(body: bytes, *, at: int, secret: str = WEBHOOK_SECRET) -> str:
    """Return the header Stripe-Signature of a body that is sent at a time."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def post(body: bytes, *, at: int | None = None, header: str | None = None) -> Any:
    """Post an event to the shop, signed at a time (now), or with another header; return the response."""
    sent = int(time.time()) if at is None else at
    return APIClient().post(
        "/api/payments/webhooks/stripe/",
        data=body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body, at=sent) if header is None else header},
    )
