"""Erasing an account in the database: what goes, what stays, and what is refused."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.areas import StaffArea, stored_areas
from backend.accounts.guessing import AttemptKind
from backend.accounts.models import AttemptCount, OneTimePassword, User
from backend.accounts.one_time_passwords import code_of, request_code, verify_code
from backend.accounts.second_factor.challenges import begin_challenge
from backend.accounts.second_factor.models import RecoveryCode, TotpSecret
from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.invoices.models import Invoice
from backend.invoices.services import issue
from backend.orders.models import Order
from backend.orders.returns import receive_at_once
from backend.outbox.models import Message
from backend.privacy.errors import ErasureRefused
from backend.privacy.models import Erasure
from backend.privacy.services import erase_customer
from tests.backend.accounts.second_factor.clients import OWN, app_of, current, later, logged_in, wrong
from tests.backend.orders.steps import order_of
from tests.backend.privacy.customers import (
    PASSWORD,
    PHONE,
    ActiveCustomer,
    active_customer,
    found_in_database,
    log_in,
    spellings,
)
from tests.backend.shop import SYSTEM, client_of, customer, product, seller, staff, variant

pytestmark = pytest.mark.django_db

ERASE = "/api/accounts/me/"


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def buyer() -> ActiveCustomer:
    return active_customer()


def erase(client: APIClient, password: str = PASSWORD) -> Any:
    return client.delete(ERASE, {"password": password}, format="json")


def test_nothing_personal_is_left_in_any_table_except_on_invoices(buyer: ActiveCustomer) -> None:
    before = {table for table, _ in found_in_database(spellings(buyer))}

    response = erase(buyer.client)

    assert response.status_code == 202, response.json()
    left = {table for table, _ in found_in_database(spellings(buyer))}
    assert {"accounts_user", "accounts_session", "orders_order", "orders_return"} <= before
    # The keys stay in the erasure until the stores have confirmed.
    assert left == {"invoices_invoice", "privacy_erasure"}


def test_orders_invoices_and_money_stay_without_the_customer(buyer: ActiveCustomer) -> None:
    total = buyer.order.total_amount

    receipt = erase(buyer.client).json()["data"]

    order = Order.objects.get(pk=buyer.order.pk)
    assert (order.user, order.customer_name, order.email, order.notes) == (None, "", "", "")
    assert order.shipping_address == {"country": "US"}
    assert (order.total_amount, order.items.get().quantity) == (total, 3)
    assert {movement.customer for movement in order.movements.all()} == {None}
    kept = Invoice.objects.filter(order=order)
    assert [(row["what"], row["rows"]) for row in receipt["kept"]] == [("invoices", kept.count())]
    assert kept.exclude(content__buyer__name="").exists()
    assert receipt["erased"]["account"] == 1
    # What is derived from the orders is written again.
    assert Message.objects.filter(topic="order", key=str(order.pk)).exists()


def test_a_credit_note_after_the_erasure_names_the_buyer_of_its_invoice(buyer: ActiveCustomer) -> None:
    erase(buyer.client)

    item = buyer.order.items.get()
    receive_at_once(buyer.order.pk, units={item.pk: 1}, by=SYSTEM, now=timezone.now())
    issue([buyer.order.pk], by=SYSTEM, now=timezone.now())

    first, *_, last = Invoice.objects.filter(order=buyer.order).order_by("pk")
    assert last.content["buyer"] == first.content["buyer"]
    assert first.content["buyer"]["name"] == "Zebedee Quartermaine"


def test_sessions_end_and_the_phone_can_be_registered_again(buyer: ActiveCustomer) -> None:
    erase(buyer.client)

    assert buyer.client.get("/accounts/me/").status_code == 401
    registration = {"phone": PHONE, "password": PASSWORD}
    assert APIClient().post("/accounts/register/", registration).status_code == 201
    log_in(buyer.client)
    assert buyer.client.get("/api/orders/orders/").json()["count"] == 0
    assert User.objects.get(phone=PHONE).shopper_key != buyer.user.shopper_key


def test_the_receipt_can_be_read_without_an_account(buyer: ActiveCustomer) -> None:
    receipt = erase(buyer.client).json()["data"]

    response = APIClient().get(f"/api/privacy/receipts/{receipt['id']}/")

    assert response.status_code == 200
    assert response.json()["data"]["id"] == receipt["id"]
    assert response["Cache-Control"] == "no-store"
    unknown = APIClient().get("/api/privacy/receipts/2f6f2b1c-3e0f-4b7e-9d0a-7c1d5e8f9a10/")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "receipt_not_found")


@pytest.mark.parametrize("password", ["", "another-long-lamp"])
def test_a_wrong_password_erases_nothing(buyer: ActiveCustomer, password: str) -> None:
    response = erase(buyer.client, password)

    assert response.status_code == 400
    assert buyer.client.get("/accounts/me/").status_code == 200
    assert not Erasure.objects.exists()


def test_orders_in_progress_prevent_the_erasure_and_are_named() -> None:
    user = customer(password=PASSWORD)
    order = order_of(user, {variant().pk: 1})

    client = client_of()
    tokens = client.post("/accounts/login/", {"phone": user.phone, "password": PASSWORD}).json()["data"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}")
    response = erase(client)

    assert (response.status_code, response.json()["code"]) == (409, "erasure_refused")
    reasons = {"orders_in_progress", "payments_in_progress"}
    assert set(response.json()["details"]["reasons"]) == reasons
    assert response.json()["details"]["orders"] == [order.order_number]


def test_a_refused_erasure_uses_up_no_code() -> None:
    user = customer(password=PASSWORD)
    order = order_of(user, {variant().pk: 1})
    client = logged_in(APIClient(), phone=user.phone or "", password=PASSWORD)
    begun = client.post(f"{OWN}totp/", {"password": PASSWORD}).json()["data"]
    app = app_of(begun["secret"])
    confirmed = client.post(f"{OWN}totp/confirm/", {"code": current(app)}).json()["data"]
    later()
    code, *_ = confirmed["recovery_codes"]

    for sent in (code, current(app)):
        for password, problem in (("a guess", "wrong_password"), (PASSWORD, "erasure_refused")):
            response = client.delete(ERASE, {"password": password, "code": sent}, format="json")
            assert response.json()["code"] == problem
    assert not RecoveryCode.objects.exclude(used_at=None).exists()
    assert TotpSecret.objects.get().last_step == 0
    assert not AttemptCount.objects.filter(kind=AttemptKind.SECOND_FACTOR).exists()

    Order.objects.filter(pk=order.pk).update(status="CANCELLED", payment_status="VOIDED")
    wrong_code = client.delete(ERASE, {"password": PASSWORD, "code": wrong(app)}, format="json")
    assert wrong_code.json()["code"] == "wrong_second_factor"
    assert AuditEntry.objects.filter(action="accounts.second_factor_refused").count() == 1
    assert client.delete(ERASE, {"password": PASSWORD, "code": code}, format="json").status_code == 202
    assert not User.objects.filter(pk=user.pk).exists()


def test_sellers_with_products_and_staff_are_refused() -> None:
    selling, admin = seller(), staff()
    clerk = customer(is_staff=True, areas=stored_areas([StaffArea.ORDERS]))
    product(sold_by=selling)

    for user, reason in ((selling, "seller"), (admin, "staff"), (clerk, "staff")):
        with pytest.raises(ErasureRefused) as raised:
            erase_customer(user.pk, by=SYSTEM, now=timezone.now())
        assert raised.value.details["reasons"] == [reason]
    # A seller without products or orders can be erased like a customer.
    unused = seller()
    erase_customer(unused.pk, by=Actor.user(unused.pk), now=timezone.now())
    assert not User.objects.filter(pk=unused.pk).exists()


def test_the_export_has_what_the_shop_knows_and_no_secrets(
    buyer: ActiveCustomer, migrated_warehouse_url: str, redis_url: str
) -> None:
    response: Any = buyer.client.get("/api/accounts/me/export/")

    text = b"".join(response.streaming_content).decode()
    data = json.loads(text)["sections"]
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"].startswith('attachment; filename="personal-data-')
    assert response["Cache-Control"] == "no-store"
    assert data["account"][0]["phone"] == PHONE
    assert data["orders"][0]["shipping_address"]["street"] == "77 Wisteria Mews"
    assert {section for section, rows in data.items() if not rows} <= {
        "webhook_events",
        "webhook_endpoints",
        "unsubscriptions",
        "notification_facts",
        "cart_reminders",
        "inbox",
        "quiet_hours",
        "back_in_stock_events",
        "granted_refunds",
        "granted_refund_lines",
        "order_adjustments",
        "authenticator_app",
        "known_devices",
        "security_events",
        "recovery_codes",
        "passkeys",
        "passkey_registrations",
        "second_factor_challenges",
        "audit_key",
        "recommendations",
        "reviews",
        "review_pictures",
        "review_reports",
        "review_votes",
        "cart_codes",
        "promotion_uses",
        "recent_products",
        "recent_searches",
        "session_views",
        "events",
        "refused_events",
        "saved_views",
        "report_schedules",
        "report_mails",
        "ledger_notices",
        "price_drops",
    }
    stored = User.objects.get(pk=buyer.user.pk)
    assert stored.password not in text
    assert stored.sessions.get().refresh_id not in text


def test_the_export_needs_a_recent_login(buyer: ActiveCustomer) -> None:
    buyer.user.sessions.update(created_at=timezone.now() - timedelta(hours=2))

    response = buyer.client.get("/api/accounts/me/export/")

    assert (response.status_code, response.json()["code"]) == (403, "login_not_recent")


@pytest.mark.django_db(transaction=True)
def test_a_request_whose_account_is_erased_meanwhile_gets_a_401() -> None:
    user, lamp = customer(), product()
    # The client's user is what authentication has read before the erasure.
    client = client_of(user)
    erase_customer(user.pk, by=SYSTEM, now=timezone.now())

    responses = [
        client.patch("/accounts/me/", {"first_name": "Zed"}),
        client.post("/api/orders/cart/", {"product_id": lamp.pk, "quantity": 1}),
        client.get("/api/accounts/me/second-factor/"),
    ]

    assert [response.status_code for response in responses] == [401] * len(responses)
    assert {response.json()["code"] for response in responses} == {"authentication_failed"}


def erasing_before(statement: str, user_id: int) -> Callable[..., Any]:
    """Return a wrapper that erases the user before the first statement that contains the text."""
    erased = False

    def execute(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        nonlocal erased
        if statement in sql and not erased:
            erased = True
            erase_customer(user_id, by=SYSTEM, now=timezone.now())
        return execute(sql, *arguments)

    return execute


@pytest.mark.parametrize(
    ("path", "statement", "status", "code"),
    [
        ("/accounts/login/", "accounts_totpsecret", 401, "invalid_credentials"),
        ("/accounts/reset-password/", 'FROM "accounts_user"', 400, "invalid_reset_token"),
        ("/api/accounts/login/second-factor/", 'FROM "accounts_user"', 400, "invalid_login_challenge"),
    ],
)
def test_a_login_or_reset_whose_account_is_erased_meanwhile_is_refused(
    path: str, statement: str, status: int, code: str
) -> None:
    now = timezone.now()
    user = customer(password=PASSWORD)
    phone = str(user.phone)
    request_code(phone, now=now)
    otp = code_of(OneTimePassword.objects.get(user=user))
    bodies = {
        "/accounts/login/": {"phone": phone, "password": PASSWORD},
        "/accounts/reset-password/": {
            "phone": phone,
            "password": "nine orange giraffes",
            "reset_token": verify_code(phone, code=otp, now=now),
        },
        "/api/accounts/login/second-factor/": {
            "challenge_token": begin_challenge(user, methods=[], now=now).challenge_token,
            "code": "123456",
        },
    }

    with connection.execute_wrapper(erasing_before(statement, user.pk)):
        response = APIClient().post(path, bodies[path])

    assert (response.status_code, response.json()["code"]) == (status, code)
