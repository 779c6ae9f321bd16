"""An e-mail address is verified with a code that is sent to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.email_addresses import code_of
from backend.accounts.models import EmailVerification, OneTimePassword, SecurityEvent, User
from backend.accounts.one_time_passwords import code_of as one_time_password_of
from backend.accounts.tasks import forget_email_verifications, forget_security_events
from backend.config.mail import FILES
from backend.notifications.models import Delivery
from backend.notifications.sending import send_due
from backend.notifications.subscribers import Deliveries
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import BY_VALUE, Topic
from tests.backend.accounts.clients import PASSWORD, PHONE
from tests.backend.accounts.second_factor.clients import logged_in
from tests.backend.shop import client_of

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

EMAIL, VERIFY, PROFILE = "/accounts/me/email/", "/accounts/me/email/verify/", "/accounts/me/"
TOPICS = (Topic.EMAIL_VERIFICATION, Topic.SECURITY_EVENT, Topic.ONE_TIME_PASSWORD)


@pytest.fixture
def user() -> User:
    return User.objects.create_user(PHONE, PASSWORD)


@pytest.fixture
def client(user: User) -> APIClient:
    return logged_in(APIClient())


def newest() -> str:
    return code_of(EmailVerification.objects.latest("pk"))


def verify(client: APIClient, *, code: str = "", password: str = PASSWORD) -> Any:
    """Verify the newest code, or another one."""
    return client.post(VERIFY, {"code": code or newest(), "password": password})


def verified(client: APIClient, email: str) -> None:
    assert client.post(EMAIL, {"email": email}).status_code == 200
    response = verify(client)
    assert response.status_code == 200, response.json()


def shown(phone: str = PHONE) -> tuple[str, bool]:
    profile = client_of(User.objects.get(phone=phone)).get(PROFILE).json()["data"]
    return profile["email"], profile["email_verified"]


def sent(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """Send what the outbox has; return the addresses and the texts of e-mails and SMS."""
    mail.outbox.clear()
    rows = Message.objects.filter(topic__in=TOPICS).order_by("pk")
    Deliveries(clock=timezone.now).handle([Notice(BY_VALUE[row.topic], row.key) for row in rows])
    rows.delete()
    send_due(clock=timezone.now)
    texts = [text.split(": ", 1) for text in capsys.readouterr().out.split("SMS to ")[1:]]
    return [(each.to[0], str(each.body)) for each in mail.outbox] + [(to, text) for to, text in texts]


def test_an_address_is_verified_with_the_code_that_is_sent_to_it(
    client: APIClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.post(EMAIL, {"email": "Ann@SHOP.example"}).status_code == 200
    assert shown() == ("Ann@shop.example", False)
    ((address, text),) = sent(capsys)
    assert (address, newest() in text) == ("Ann@shop.example", True)
    assert newest() not in str(list(Delivery.objects.values()) + list(EmailVerification.objects.values()))
    response = verify(client)
    assert response.json()["data"]["email_verified"] is True
    assert shown() == ("Ann@shop.example", True)
    assert verify(client).json()["code"] == "invalid_email_code"


def test_a_verified_address_stays_until_the_new_one_is_verified_and_is_told(
    client: APIClient, capsys: pytest.CaptureFixture[str]
) -> None:
    verified(client, "old@shop.example")
    sent(capsys)
    profile = client.patch(PROFILE, {"email": "new@shop.example", "first_name": "Ann"}).json()["data"]
    assert (profile["email"], profile["email_verified"], profile["first_name"]) == (
        "old@shop.example",
        True,
        "Ann",
    )
    assert [address for address, _ in sent(capsys)] == ["new@shop.example"]
    assert verify(client).status_code == 200
    assert shown() == ("new@shop.example", True)
    ((address, text),) = sent(capsys)
    assert (address, "The e-mail address was changed" in text) == ("old@shop.example", True)
    refused = [client.patch(PROFILE, {"email": "", **sent}) for sent in ({}, {"password": "a guess"})]
    assert [response.json()["code"] for response in refused] == ["invalid_input", "wrong_password"]
    assert shown() == ("new@shop.example", True)
    assert client.patch(PROFILE, {"email": "", "password": PASSWORD}).status_code == 200
    assert shown() == ("", False)
    assert [address for address, _ in sent(capsys)] == ["new@shop.example"]


def test_an_unverified_address_is_replaced_at_once_and_sending_the_same_requests_no_code(
    client: APIClient,
) -> None:
    for email, codes in [("one@shop.example", 1), ("two@shop.example", 2), ("two@shop.example", 2)]:
        assert client.patch(PROFILE, {"email": email}).json()["data"]["email"] == email
        assert EmailVerification.objects.count() == codes
    assert not SecurityEvent.objects.exists()


def test_a_verified_address_belongs_to_one_account_which_only_its_owner_learns(client: APIClient) -> None:
    verified(client, "ann@shop.example")
    User.objects.create_user("+16502530111", PASSWORD)
    other = logged_in(APIClient(), phone="+16502530111")
    responses = [other.post(EMAIL, {"email": email}) for email in ("free@shop.example", "ANN@shop.example")]
    assert responses[0].json()["data"] == responses[1].json()["data"]
    refused = verify(other)
    assert (refused.status_code, refused.json()["code"]) == (409, "email_taken")
    assert (shown(), shown("+16502530111")) == (("ann@shop.example", True), ("ANN@shop.example", False))


def test_the_password_is_needed_so_that_a_stolen_session_cannot_get_the_codes(client: APIClient) -> None:
    client.post(EMAIL, {"email": "attacker@shop.example"})
    assert client.post(VERIFY, {"code": newest()}).status_code == 400
    refused = [verify(client, password="a guess").json()["code"] for _ in range(11)]
    assert refused == ["wrong_password"] * 10 + ["too_many_attempts"]
    assert shown() == ("attacker@shop.example", False)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda client: EmailVerification.objects.update(expires_at=timezone.now()),
        lambda client: EmailVerification.objects.update(attempts=5),
        lambda client: client.post(EMAIL, {"email": "other@shop.example"}),
        lambda client: client.patch(PROFILE, {"email": ""}),
    ],
    ids=["expired", "tried too often", "replaced", "address removed"],
)
def test_a_code_that_is_no_longer_valid_is_refused(
    client: APIClient, spoil: Callable[[APIClient], object]
) -> None:
    client.post(EMAIL, {"email": "ann@shop.example"})
    code = newest()
    spoil(client)
    assert verify(client, code=code).json()["code"] == "invalid_email_code"


def test_codes_and_their_requests_are_limited(client: APIClient) -> None:
    wrong = [verify(client, code="000000").json()["code"] for _ in range(11)]
    assert wrong == ["invalid_email_code"] * 10 + ["too_many_attempts"]
    statuses = [client.post(EMAIL, {"email": "ann@shop.example"}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    other = client_of(User.objects.create_user("+16502530111", PASSWORD))
    assert other.post(EMAIL, {"email": "ANN@shop.example"}).status_code == 429


@pytest.mark.parametrize("email", ["ann@shop.example", ""])
def test_owners_are_told_that_their_password_was_changed(
    client: APIClient, capsys: pytest.CaptureFixture[str], email: str
) -> None:
    if email:
        verified(client, email)
        sent(capsys)
    tokens = APIClient().post("/accounts/login/", {"phone": PHONE, "password": PASSWORD}).json()["data"]
    APIClient().post(
        "/accounts/change-password/",
        {"current_password": PASSWORD, "password": "another-lamp-shade"},
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
    )
    ((address, text),) = sent(capsys)
    assert (address, "The password was changed" in text) == (email or PHONE, True)


@pytest.mark.parametrize("is_verified", [True, False])
def test_without_an_sms_provider_codes_go_to_a_verified_address(
    client: APIClient, user: User, settings: Settings, capsys: pytest.CaptureFixture[str], is_verified: bool
) -> None:
    settings.ENVIRONMENT = "production"
    assert settings.EMAIL_BACKEND != FILES
    client.post(EMAIL, {"email": "ann@shop.example"})
    if is_verified:
        verify(client)
    sent(capsys)
    APIClient().post("/accounts/forgot-password/", {"phone": PHONE})
    messages = sent(capsys)
    assert [address for address, _ in messages] == ["ann@shop.example"] * is_verified
    code = one_time_password_of(OneTimePassword.objects.latest("pk"))
    assert all(code in text for _, text in messages)


def test_old_codes_and_events_are_deleted(client: APIClient) -> None:
    verified(client, "ann@shop.example")
    client.patch(PROFILE, {"email": "", "password": PASSWORD})
    assert (forget_email_verifications(), forget_security_events()) == (0, 0)
    EmailVerification.objects.update(created_at=F("created_at") - timedelta(days=31))
    SecurityEvent.objects.update(happened_at=F("happened_at") - timedelta(days=91))
    assert (forget_email_verifications(), forget_security_events()) == (1, 1)
