"""A stand-in for PayPal's API, which refuses what PayPal's reference says that PayPal refuses.

Written from https://developer.paypal.com/api (orders v2, payments v2, webhooks, idempotency): access tokens,
JSON bodies with known and required fields, amounts as strings with a currency, request ids (a repetition gets
the present state of what the first request did), the states of orders, authorisations and captures, and the
shape of errors.
"""

import base64
import itertools
import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from tests.backend.payments.gateways.standin import Call, Response, StandIn
from tests.backend.shop import NOW

CLIENT, SECRET, WEBHOOK = "client-of-the-stand-in", "secret-of-the-stand-in", "4JH86294D6297924G"
_NUMBERS = itertools.count(1)
_ORDER_FIELDS = {"intent", "purchase_units", "payment_source"}
_UNIT_FIELDS = {"reference_id", "custom_id", "invoice_id", "description", "amount", "items", "shipping"}
_WITHOUT_DECIMALS = {"JPY", "HUF", "TWD"}


class PayPalFault(Exception):
    def __init__(self, status: int, name: str, issue: str = "") -> None:
        super().__init__(issue or name)
        details = [{"issue": issue, "description": issue.replace("_", " ").lower()}] if issue else []
        content = {"name": name, "message": name, "debug_id": "d1", "details": details, "links": []}
        self.response = Response(status, content)


def unprocessable(issue: str) -> PayPalFault:
    return PayPalFault(422, "UNPROCESSABLE_ENTITY", issue)


@dataclass
class PayPalServer(StandIn):
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    authorisations: dict[str, dict[str, Any]] = field(default_factory=dict)
    captures: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    token: str = ""
    decline_next: bool = False
    refund_status: str = "COMPLETED"
    certificate: bytes = b""

    def respond(self, call: Call) -> Response:
        try:
            if call.path == "/v1/oauth2/token":
                return self._grant(call)
            if call.path.startswith("/v1/notifications/certs/"):
                return Response(200, self.certificate) if self.certificate else Response(404, b"")
            self._require_token(call)
            return self._read(call) if call.method == "GET" else self._once(call)
        except PayPalFault as fault:
            return fault.response

    def _require_token(self, call: Call) -> None:
        if not self.token or call.headers.get("authorization") != f"Bearer {self.token}":
            raise PayPalFault(401, "AUTHENTICATION_FAILURE")

    def _grant(self, call: Call) -> Response:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {basic}":
            return Response(401, {"error": "invalid_client"})
        assert call.body == b"grant_type=client_credentials"
        self.token = f"token-{next(_NUMBERS)}"
        return Response(200, {"access_token": self.token, "token_type": "Bearer", "expires_in": 32_400})

    def _read(self, call: Call) -> Response:
        order = self.orders.get(call.path.rpartition("/")[2])
        if order is None:
            raise PayPalFault(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        return Response(200, order)

    def _once(self, call: Call) -> Response:
        key = call.headers.get("paypal-request-id", "")
        assert 1 <= len(key) <= 108, "a request that changes something needs a request id"
        assert call.headers["content-type"] == "application/json"
        if key in self.saved:
            before, response = self.saved[key]
            if before != (call.path, call.body):
                raise unprocessable("PAYPAL_REQUEST_ID_PREVIOUSLY_USED")
            return Response(200, response.content)
        response = self._performed(call)
        self.saved[key] = ((call.path, call.body), response)
        return response

    def _performed(self, call: Call) -> Response:
        content = json.loads(call.body)
        match call.path.removeprefix("/v2/").split("/"):
            case ["checkout", "orders"]:
                return Response(201, self._create(content))
            case ["checkout", "orders", order_id, "capture"]:
                return Response(201, self._complete(order_id, intent="CAPTURE"))
            case ["checkout", "orders", order_id, "authorize"]:
                return Response(201, self._complete(order_id, intent="AUTHORIZE"))
            case ["payments", "authorizations", authorisation_id, "capture"]:
                return Response(201, self._capture(authorisation_id, content))
            case ["payments", "authorizations", authorisation_id, "void"]:
                self._void(authorisation_id)
                return Response(204, b"")
            case ["payments", "captures", capture_id, "refund"]:
                return Response(201, self._refund(capture_id, content))
        raise PayPalFault(404, "RESOURCE_NOT_FOUND")

    def _create(self, content: dict[str, Any]) -> dict[str, Any]:
        if set(content) - _ORDER_FIELDS or content.get("intent") not in ("CAPTURE", "AUTHORIZE"):
            raise PayPalFault(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX")
        (unit,) = content["purchase_units"]
        if set(unit) - _UNIT_FIELDS or len(unit.get("custom_id", "")) > 255:
            raise PayPalFault(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX")
        _checked(unit["amount"])
        order_id = f"ORDER{next(_NUMBERS)}"
        self.orders[order_id] = {
            "id": order_id,
            "intent": content["intent"],
            "status": "PAYER_ACTION_REQUIRED",
            "purchase_units": [{**unit, "reference_id": "default"}],
            "links": [
                {
                    "rel": "payer-action",
                    "href": f"https://paypal.example/checkoutnow?token={order_id}",
                    "method": "GET",
                }
            ],
        }
        return self.orders[order_id]

    def approve(self, order_id: str) -> dict[str, Any]:
        """Approve the order as a customer does on PayPal's page."""
        self.orders[order_id]["status"] = "APPROVED"
        return self.orders[order_id]

    def _complete(self, order_id: str, *, intent: str) -> dict[str, Any]:
        order = self.orders[order_id]
        if order["status"] == "COMPLETED":
            done = {"CAPTURE": "ORDER_ALREADY_CAPTURED", "AUTHORIZE": "ORDER_ALREADY_AUTHORIZED"}
            raise unprocessable(done[intent])
        if order["status"] != "APPROVED":
            raise unprocessable("ORDER_NOT_APPROVED")
        if order["intent"] != intent:
            raise unprocessable("ACTION_DOES_NOT_MATCH_INTENT")
        if self.decline_next:
            self.decline_next = False
            order["status"] = "PAYER_ACTION_REQUIRED"
            raise unprocessable("INSTRUMENT_DECLINED")
        (unit,) = order["purchase_units"]
        payment = {"amount": unit["amount"], "custom_id": unit["custom_id"]}
        related = {"supplementary_data": {"related_ids": {"order_id": order_id}}}
        order["status"] = "COMPLETED"
        if intent == "CAPTURE":
            capture = {"id": f"CAP{next(_NUMBERS)}", "status": "COMPLETED", **payment, **related}
            self.captures[capture["id"]] = capture
            unit["payments"] = {"captures": [capture]}
        else:
            authorisation = {"id": f"AUTH{next(_NUMBERS)}", "status": "CREATED", **payment, **related}
            self.authorisations[authorisation["id"]] = authorisation
            unit["payments"] = {"authorizations": [authorisation]}
        return order

    def _capture(self, authorisation_id: str, content: dict[str, Any]) -> dict[str, Any]:
        if set(content) - {"amount", "invoice_id", "final_capture", "note_to_payer", "soft_descriptor"}:
            raise PayPalFault(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX")
        authorisation = self.authorisations[authorisation_id]
        if authorisation["status"] == "VOIDED":
            raise unprocessable("AUTHORIZATION_VOIDED")
        before = [each for each in self.captures.values() if each.get("of") == authorisation_id]
        total = _checked(content["amount"]) + sum(Decimal(each["amount"]["value"]) for each in before)
        if total > Decimal(authorisation["amount"]["value"]):
            raise unprocessable("MAX_CAPTURE_AMOUNT_EXCEEDED")
        full = total == Decimal(authorisation["amount"]["value"])
        authorisation["status"] = "CAPTURED" if full else "PARTIALLY_CAPTURED"
        capture = {
            "id": f"CAP{next(_NUMBERS)}",
            "status": "COMPLETED",
            "amount": content["amount"],
            "custom_id": authorisation["custom_id"],
            "of": authorisation_id,
        }
        self.captures[str(capture["id"])] = capture
        return capture

    def _void(self, authorisation_id: str) -> None:
        authorisation = self.authorisations[authorisation_id]
        if authorisation["status"] == "CAPTURED":
            raise unprocessable("AUTHORIZATION_ALREADY_CAPTURED")
        if authorisation["status"] == "VOIDED":
            raise unprocessable("PREVIOUSLY_VOIDED")
        authorisation["status"] = "VOIDED"

    def _refund(self, capture_id: str, content: dict[str, Any]) -> dict[str, Any]:
        if set(content) - {"amount", "invoice_id", "custom_id", "note_to_payer"}:
            raise PayPalFault(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX")
        capture = self.captures[capture_id]
        before = [each for each in self.refunds.values() if each["of"] == capture_id]
        total = _checked(content["amount"]) + sum(Decimal(each["amount"]["value"]) for each in before)
        if total > Decimal(capture["amount"]["value"]):
            raise unprocessable("REFUND_AMOUNT_EXCEEDED")
        refund = {
            "id": f"REF{next(_NUMBERS)}",
            "status": self.refund_status,
            "amount": content["amount"],
            "custom_id": content.get("custom_id", ""),
            "of": capture_id,
            "links": [{"rel": "up", "href": f"{self.url}/v2/payments/captures/{capture_id}"}],
        }
        self.refunds[str(refund["id"])] = refund
        return refund


def _checked(amount: dict[str, str]) -> Decimal:
    if set(amount) != {"currency_code", "value"} or not isinstance(amount["value"], str):
        raise PayPalFault(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX")
    value = Decimal(amount["value"])
    if amount["currency_code"] in _WITHOUT_DECIMALS and "." in amount["value"]:
        raise unprocessable("DECIMALS_NOT_SUPPORTED")
    if value <= 0:
        raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE")
    return value


def event(kind: str, subject: dict[str, Any]) -> bytes:
    """Return the body of a webhook event about an object."""
    content = {"id": f"WH-{next(_NUMBERS)}", "event_version": "1.0", "create_time": "2026-03-02T12:00:00Z"}
    return json.dumps({**content, "event_type": kind, "resource": subject}).encode()


@dataclass(frozen=True)
class Signer:
    """Signs webhooks as PayPal does, with a certificate of its own."""

    key: rsa.RSAPrivateKey
    certificate: bytes

    @classmethod
    def new(cls, *, until: datetime = NOW + timedelta(days=3_650)) -> "Signer":
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messageverificationcerts.paypal.com")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(NOW - timedelta(days=365))
            .not_valid_after(until)
            .sign(key, SHA256())
        )
        return cls(key, certificate.public_bytes(serialization.Encoding.PEM))

    def headers(self, body: bytes, *, address: str, webhook: str = WEBHOOK) -> dict[str, str]:
        sent = ("69cd13f0-d67a-11e5-baa3-778b53f4ae55", "2026-03-02T12:00:01Z")
        message = "|".join([*sent, webhook, str(zlib.crc32(body))]).encode()
        signature = self.key.sign(message, PKCS1v15(), SHA256())
        return {
            "PayPal-Transmission-Id": sent[0],
            "PayPal-Transmission-Time": sent[1],
            "PayPal-Transmission-Sig": base64.b64encode(signature).decode(),
            "PayPal-Cert-Url": address,
            "PayPal-Auth-Algo": "SHA256withRSA",
        }
