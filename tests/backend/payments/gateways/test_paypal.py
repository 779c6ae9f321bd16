"""PayPal's gateway against a stand-in that refuses what PayPal's reference says that PayPal refuses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from backend.payments import gateways, services
from backend.payments.gateways.paypal import PayPalGateway
from backend.payments.gateways.paypal_client import PayPalKeys
from backend.payments.models import Payment
from backend.payments.performing import PAUSES
from tests.backend.payments.gateway import figures, paid, perform_due, request_of
from tests.backend.payments.gateways.paypal_server import (
    CLIENT,
    SECRET,
    WEBHOOK,
    PayPalServer,
    Signer,
    event,
)
from tests.backend.payments.gateways.standin import with_junk
from tests.backend.shop import NOW, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)

# Requests that follow from webhooks are due at the present time.
LATER = timezone.now() + timedelta(days=2)


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer.new()


@pytest.fixture
def paypal(settings: Any, signer: Signer) -> Iterator[PayPalServer]:
    settings.PAYMENT_GATEWAYS = ["paypal"]
    server = PayPalServer(certificate=signer.certificate)
    with server.running(), using(server):
        yield server


@contextmanager
def using(server: PayPalServer, *, secret: str = SECRET) -> Iterator[None]:
    """Let the shop use the server, with a secret."""
    keys = PayPalKeys(client_id=CLIENT, client_secret=secret, webhook_id=WEBHOOK)
    gateway = PayPalGateway(keys, return_url="https://shop.example/paid", url=server.url)
    before = gateways.replace("paypal", gateway)
    try:
        yield
    finally:
        gateway.close()
        gateways.forget("paypal")
        if before is not None:
            gateways.replace("paypal", before)


@pytest.fixture
def post(paypal: PayPalServer, signer: Signer) -> Any:
    """Post a webhook with PayPal's signature, or with other headers."""

    def send(body: bytes, **headers: str) -> Any:
        address = f"{paypal.url}/v1/notifications/certs/CERT-1"
        signed = signer.headers(body, address=address)
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        return APIClient().post(
            "/api/payments/webhooks/paypal/",
            data=body,
            content_type="application/json",
            headers={**signed, **changed},
        )

    return send


def made_by_paypal(amount: str = "100.00", **fields: Any) -> Payment:
    return paid(amount, gateway="paypal", **fields)


@pytest.fixture
def approved(paypal: PayPalServer, post: Any) -> Any:
    """Make a payment that the customer approved, and complete it."""

    def make(amount: str = "100.00", **fields: Any) -> Payment:
        made = made_by_paypal(amount, **fields)
        post(event("CHECKOUT.ORDER.APPROVED", paypal.approve(made.gateway_reference)))
        perform_due(LATER)
        return made

    return make


def written(act: Any, *args: Any, **options: Any) -> Any:
    with transaction.atomic():
        return act(*args, **options, by=SYSTEM, now=NOW)


def test_the_customer_gets_the_page_on_which_to_approve(paypal: PayPalServer) -> None:
    made = made_by_paypal()

    (order,) = paypal.orders.values()
    assert (order["intent"], order["purchase_units"][0]["custom_id"]) == ("CAPTURE", str(made.pk))
    assert made.client_data == {"order_id": order["id"], "approve_url": order["links"][0]["href"]}
    assert (made.gateway_reference, figures(made)) == (order["id"], ("PENDING", 0, 0, 0))


def test_an_approved_order_is_captured_once(paypal: PayPalServer, approved: Any, post: Any) -> None:
    made = approved()

    (capture,) = paypal.captures.values()
    assert post(event("PAYMENT.CAPTURE.COMPLETED", capture)).json()["data"] == {"recorded": 0}
    assert figures(made) == ("CAPTURED", 0, 100, 0)
    assert request_of(made, "COMPLETE").state == "SUCCEEDED"


def test_a_declined_instrument_is_replaced_by_another(paypal: PayPalServer, post: Any) -> None:
    paypal.decline_next = True
    made = made_by_paypal()
    post(event("CHECKOUT.ORDER.APPROVED", paypal.approve(made.gateway_reference)))
    perform_due(LATER)
    assert figures(made)[0] == "DECLINED"

    post(event("CHECKOUT.ORDER.APPROVED", paypal.approve(made.gateway_reference)))
    perform_due(LATER)

    assert figures(made)[0] == "CAPTURED"


@pytest.mark.usefixtures("manual")
def test_an_authorisation_is_captured_in_parts_and_the_rest_is_voided(
    paypal: PayPalServer, approved: Any, post: Any
) -> None:
    made = approved()
    assert figures(made) == ("AUTHORISED", 100, 0, 0)

    for amount in ("60.00", "30.00"):
        written(services.capture, made.pk, amount=Decimal(amount))
        perform_due(LATER)
    assert figures(made) == ("PARTIALLY_CAPTURED", 10, 90, 0)
    written(services.void, made.pk)
    perform_due(LATER)

    (authorisation,) = paypal.authorisations.values()
    assert authorisation["status"] == "VOIDED"
    assert post(event("PAYMENT.AUTHORIZATION.VOIDED", authorisation)).json()["data"] == {"recorded": 0}
    assert figures(made) == ("PARTIALLY_CAPTURED", 0, 90, 0)


def test_an_order_that_was_not_approved_is_not_completed_after_its_void(
    paypal: PayPalServer, post: Any
) -> None:
    made = made_by_paypal()
    written(services.void, made.pk)
    perform_due(LATER)

    post(event("CHECKOUT.ORDER.APPROVED", paypal.approve(made.gateway_reference)))
    perform_due(LATER)

    assert (figures(made)[0], paypal.captures) == ("VOIDED", {})


@pytest.mark.usefixtures("manual")
def test_an_authorisation_whose_response_and_webhook_were_lost_is_voided(paypal: PayPalServer) -> None:
    made = made_by_paypal()
    paypal.approve(made.gateway_reference)
    paypal._complete(made.gateway_reference, intent="AUTHORIZE")

    written(services.void, made.pk)
    perform_due(LATER)

    (authorisation,) = paypal.authorisations.values()
    assert (authorisation["status"], figures(made)) == ("VOIDED", ("VOIDED", 0, 0, 0))


def test_a_payment_whose_webhook_was_lost_is_noticed_when_it_is_voided(paypal: PayPalServer) -> None:
    made = made_by_paypal()
    paypal.approve(made.gateway_reference)
    paypal._complete(made.gateway_reference, intent="CAPTURE")

    written(services.void, made.pk)
    perform_due(LATER)

    assert figures(made) == ("CAPTURED", 0, 100, 0)
    assert request_of(made, "VOID").state == "FAILED"


def test_refunds_are_recorded_once_by_response_and_webhook(
    paypal: PayPalServer, approved: Any, post: Any
) -> None:
    made = approved()
    written(services.refund, made.pk, amount=Decimal("30.00"))
    perform_due(LATER)

    (refund,) = paypal.refunds.values()
    assert post(event("PAYMENT.CAPTURE.REFUNDED", refund)).json()["data"] == {"recorded": 0}
    assert figures(made) == ("PARTIALLY_REFUNDED", 0, 100, 30)


@pytest.mark.parametrize(
    ("kind", "state", "expected"),
    [("PAYMENT.CAPTURE.REFUNDED", "SUCCEEDED", 30), ("PAYMENT.REFUND.FAILED", "FAILED", 0)],
)
def test_a_pending_refund_ends_with_a_webhook(
    kind: str, state: str, expected: int, paypal: PayPalServer, approved: Any, post: Any
) -> None:
    made = approved()
    paypal.refund_status = "PENDING"
    written(services.refund, made.pk, amount=Decimal("30.00"))
    perform_due(LATER)
    assert request_of(made, "REFUND").state == "ACCEPTED"

    (refund,) = paypal.refunds.values()
    post(event(kind, refund))

    assert (request_of(made, "REFUND").state, figures(made)[3]) == (state, expected)


def test_a_refund_on_paypals_page_is_recorded(paypal: PayPalServer, approved: Any, post: Any) -> None:
    made = approved()
    (capture,) = paypal.captures.values()
    amount = {"currency_code": "USD", "value": "10.00"}
    links = [{"rel": "up", "href": f"{paypal.url}/v2/payments/captures/{capture['id']}"}]

    post(event("PAYMENT.CAPTURE.REFUNDED", {"id": "REF-PAGE", "amount": amount, "links": links}))

    assert figures(made) == ("PARTIALLY_REFUNDED", 0, 100, 10)


class TestUnknownOutcomes:
    @pytest.mark.parametrize("fault", ["lost", "down"])
    def test_it_is_attempted_again_and_created_once(self, fault: str, paypal: PayPalServer) -> None:
        paypal.fault = fault
        made = made_by_paypal()
        assert request_of(made, "AUTHORISE").state == "PENDING"

        perform_due(NOW + PAUSES[0])

        assert request_of(made, "AUTHORISE").state == "SUCCEEDED"
        assert len(paypal.orders) == 1

    def test_a_capture_whose_response_was_lost_is_made_once(self, paypal: PayPalServer, post: Any) -> None:
        made = made_by_paypal()
        post(event("CHECKOUT.ORDER.APPROVED", paypal.approve(made.gateway_reference)))
        paypal.fault = "lost"

        perform_due(LATER)
        assert figures(made)[0] == "PENDING"
        perform_due(LATER + timedelta(hours=1))

        assert (figures(made), len(paypal.captures)) == (("CAPTURED", 0, 100, 0), 1)

    def test_a_token_that_expired_early_is_replaced(self, paypal: PayPalServer) -> None:
        made_by_paypal()
        paypal.token = "another"

        second = made_by_paypal(order_number="A-2")
        assert request_of(second, "AUTHORISE").state == "PENDING"
        perform_due(NOW + PAUSES[0])

        assert request_of(second, "AUTHORISE").state == "SUCCEEDED"

    def test_a_wrong_secret_of_the_shop_is_not_the_customers_fault(self, paypal: PayPalServer) -> None:
        with using(paypal, secret="wrong"):
            assert request_of(made_by_paypal(), "AUTHORISE").state == "PENDING"


class TestWebhooks:
    @pytest.mark.parametrize(
        "headers",
        [
            {"PayPal_Transmission_Sig": "AAAA"},
            {"PayPal_Transmission_Sig": "not base64"},
            {"PayPal_Transmission_Id": "another"},
            {"PayPal_Transmission_Time": "2026-03-02T12:00:02Z"},
            {"PayPal_Auth_Algo": "none"},
            {"PayPal_Cert_Url": ""},
            {"PayPal_Cert_Url": "https://evil.example/v1/notifications/certs/CERT-1"},
            {"PayPal_Cert_Url": "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1"},
            {"PayPal_Cert_Url": "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1"},
            {"PayPal_Cert_Url": "http://api.paypal.com/v1/notifications/certs/CERT-1"},
            {"PayPal_Cert_Url": "https://api.paypal.com/v1/notifications/certs/../../x"},
            {"PayPal_Cert_Url": "https://[/v1/notifications/certs/CERT-1"},
        ],
    )
    def test_a_wrong_signature_is_refused(self, headers: dict[str, str], post: Any) -> None:
        response = post(event("PAYMENT.CAPTURE.COMPLETED", {}), **headers)

        assert (response.status_code, response.json()["code"]) == (400, "invalid_webhook")

    def test_a_webhook_for_another_listener_is_refused(
        self, paypal: PayPalServer, signer: Signer, post: Any
    ) -> None:
        body = event("PAYMENT.CAPTURE.COMPLETED", {})
        address = f"{paypal.url}/v1/notifications/certs/CERT-1"
        other = signer.headers(body, address=address, webhook="ANOTHER")

        response = post(body, PayPal_Transmission_Sig=other["PayPal-Transmission-Sig"])

        assert response.json()["code"] == "invalid_webhook"

    @pytest.mark.parametrize("certificate", [Signer.new(until=NOW).certificate, b"not a certificate"])
    def test_an_expired_or_damaged_certificate_is_refused(
        self, certificate: bytes, paypal: PayPalServer, post: Any
    ) -> None:
        paypal.certificate = certificate

        assert post(event("PAYMENT.CAPTURE.COMPLETED", {})).json()["code"] == "invalid_webhook"

    def test_a_certificate_that_can_not_be_downloaded_asks_for_a_repetition(
        self, paypal: PayPalServer, signer: Signer, post: Any
    ) -> None:
        paypal.certificate = b""
        made = made_by_paypal()
        body = event("CHECKOUT.ORDER.APPROVED", paypal.approve(made.gateway_reference))

        response = post(body)
        assert (response.status_code, response.json()["code"]) == (503, "webhook_not_verifiable")
        paypal.certificate = signer.certificate
        assert post(body).json()["data"] == {"recorded": 1}

    def test_a_certificate_is_downloaded_once(self, paypal: PayPalServer, post: Any) -> None:
        for _ in range(3):
            post(event("CUSTOMER.ACCOUNT.CREATED", {}))

        assert len([call for call in paypal.calls if "/certs/" in call.path]) == 1

    @pytest.mark.parametrize("body", [b"\xff\xfe", b"[]", b"null", b"{}", b'{"resource": 1}'])
    def test_a_signed_body_that_can_not_be_read_is_refused(self, body: bytes, post: Any) -> None:
        assert post(body).json()["code"] == "invalid_webhook"

    def test_an_event_of_another_shop_is_accepted(self, post: Any) -> None:
        amount = {"currency_code": "USD", "value": "1.00"}
        response = post(event("PAYMENT.CAPTURE.COMPLETED", {"id": "CAP-X", "amount": amount}))

        assert (response.status_code, response.json()["data"]) == (200, {"recorded": 0})


@pytest.mark.parametrize(
    ("amount", "currency", "value"), [("1500", "JPY", "1500"), ("7.00", "HUF", "7"), ("7.50", "EUR", "7.50")]
)
def test_amounts_are_written_as_paypal_documents(
    amount: str, currency: str, value: str, paypal: PayPalServer
) -> None:
    made_by_paypal(amount, currency=currency)

    (order,) = paypal.orders.values()
    assert order["purchase_units"][0]["amount"] == {"currency_code": currency, "value": value}


def test_an_amount_that_paypal_can_not_charge_is_declined(paypal: PayPalServer) -> None:
    assert made_by_paypal("7.50", currency="HUF").status == "DECLINED"


def test_signed_webhooks_with_unexpected_values_are_refused_or_change_no_sum(
    paypal: PayPalServer, approved: Any, post: Any
) -> None:
    made = approved()
    (capture,) = paypal.captures.values()
    whole = json.loads(event("PAYMENT.CAPTURE.COMPLETED", capture))
    for content in with_junk(whole):
        assert post(json.dumps(content).encode()).status_code in (200, 400), content
    assert figures(made)[2] == 100
