"""The example of a purchase works: from a guest's search to the refund, with exact reports after each step."""

from uuid import uuid4

from pyotp import TOTP

from tests.backend.payments.gateways.stripe_server import StripeServer
from tests.journeys.conftest import STAFF, log_in
from tests.services.shop import Shop
from tests.services.waiting import wait_until


def test_a_purchase_from_two_sellers_is_reported_to_the_cent_after_each_step(
    shop: Shop, stripe: StripeServer, staff: str
) -> None:
    # Stripe sends some events twice.
    stripe.deliveries = 2
    phone, code = staff_with_a_second_factor(shop)
    credentials = ("--staff-phone", phone, "--staff-password", STAFF[1], "--staff-code", code)
    gateway = ("--gateway", "stripe", "--stripe-url", stripe.url)

    output = shop.python("-m", "examples.purchase", f"http://127.0.0.1:{shop.port}", *credentials, *gateway)

    steps = [line.split()[-10:-2] for line in output.splitlines()[1:]]
    none, sold = ["0.00"] * 8, ["269.85", "0.00", "49.80", "0.00", "269.85", "0.00", "355.10", "0.00"]
    refunded = ["269.85", "89.95", "49.80", "0.00", "269.85", "89.95", "355.10", "97.93"]
    assert steps == [none] * 5 + [sold] * 7 + [refunded]
    assert [intent["amount_received"] for intent in stripe.intents.values()] == [35_510]
    assert [refund["amount"] for refund in stripe.refunds.values()] == [9_793]
    assert set(stripe.delivered) == {200}
    require_documents(shop, token=staff)


def staff_with_a_second_factor(shop: Shop) -> tuple[str, str]:
    """Create a staff account with an authenticator app; return its phone and a recovery code."""
    phone = f"+1212555{uuid4().int % 10_000:04}"
    shop.manage("createsuperuser", "--noinput", "--phone", phone)
    token = log_in(shop, phone=phone, password=STAFF[1])
    path = "/api/accounts/me/second-factor/totp/"
    secret = shop.post(path, {"password": STAFF[1]}, token=token)[1]["data"]["secret"]
    confirmed = shop.post(f"{path}confirm/", {"code": TOTP(secret).now()}, token=token)[1]
    return phone, confirmed["data"]["recovery_codes"][0]


def require_documents(shop: Shop, *, token: str) -> None:
    """Check that the relay issues an invoice for the sale and a credit note for what was refunded."""
    orders = shop.get("/api/orders/orders/?payment_status=PARTLY_REFUNDED", token=token)[1]
    path = f"/api/orders/orders/{orders['results'][0]['id']}/invoices/"
    wait_until(lambda: len(shop.get(path, token=token)[1]["data"]) == 2, what="both documents are issued")
    documents = shop.get(path, token=token)[1]["data"]
    assert [row["kind"] for row in documents] == ["INVOICE", "CREDIT_NOTE"]
    assert [row["total_amount"] for row in documents] == ["355.10", "97.93"]
    assert "no gaps" in shop.manage("issue_invoices", "--check")
