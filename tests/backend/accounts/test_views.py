"""Accounts over HTTP: registration, login, renewal of tokens and logout."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Session, ShopperLink, User, UserType
from backend.accounts.sessions import forget_expired_sessions
from backend.accounts.tasks import forget_expired_sessions as forget_expired_sessions_task
from backend.config.settings import PASSWORD_HASHERS
from backend.outbox.models import Message
from tests.backend.accounts.clients import PASSWORD, authenticates, bearer, log_in, renew
from tests.backend.shop import staff

pytestmark = pytest.mark.django_db

REGISTRATION = {
    "phone": "1234567890",
    "password": "securepassword123",
    "first_name": "John",
    "last_name": "Doe",
    "date_of_birth": "1990-01-01",
    "user_type": "CUSTOMER",
}


@pytest.fixture
def client() -> APIClient:
    return APIClient()


@pytest.fixture
def user() -> User:
    return User.objects.create_user("+16502530000", PASSWORD)


def test_registering_creates_an_account_with_the_given_data(client: APIClient) -> None:
    response = client.post("/accounts/register/", REGISTRATION)
    account = User.objects.get()
    assert response.status_code == 201
    assert response.json()["data"] == {
        "id": account.pk,
        "phone": "1234567890",
        "email": "",
        "email_verified": False,
        "first_name": "John",
        "last_name": "Doe",
        "date_of_birth": "1990-01-01",
        "user_type": "CUSTOMER",
        "language": "",
        "marketing_consent": False,
        "marketing_consent_at": None,
        "tracking_consent": None,
        "tracking_consent_at": None,
        "date_joined": response.json()["data"]["date_joined"],
    }
    assert account.check_password("securepassword123")


def test_passwords_are_stored_as_argon2_hashes(client: APIClient, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    client.post("/accounts/register/", REGISTRATION)
    assert User.objects.get().password.startswith("argon2$argon2id$")
    log_in(client, phone=REGISTRATION["phone"], password=REGISTRATION["password"])


def test_a_phone_has_one_account_in_any_notation(client: APIClient, user: User) -> None:
    response = client.post("/accounts/register/", REGISTRATION | {"phone": "(650) 253-0000"})
    assert (response.status_code, response.json()["details"]) == (409, {"phone": "+16502530000"})
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"phone": "lamp"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"password": "short"}, "password"),
        ({"password": "12345678901"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "x" * 1_000_000}, "password"),
        ({"password": "a\0long-lamp-shade"}, "password"),
        ({"phone": "0049 151 12345678"}, "phone"),
        ({"first_name": "Jo\0hn"}, "first_name"),
        ({"first_name": "\u202enhoJ"}, "first_name"),
        ({"user_type": "ADMIN"}, "user_type"),
        ({"date_of_birth": "tomorrow"}, "date_of_birth"),
        ({"date_of_birth": "2999-01-01"}, "date_of_birth"),
        ({"first_name": "x" * 151}, "first_name"),
    ],
)
def test_an_invalid_registration_names_the_field(
    client: APIClient, wrong: dict[str, str], field: str
) -> None:
    response = client.post("/accounts/register/", REGISTRATION | wrong)
    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "name", ["\u05d3\u05d5\u05d3", "\u0645\u062d\u0645\u062f 2", "\u200f(\u05d3\u05d5\u05d3)\u200e"]
)
def test_names_may_be_written_from_right_to_left(client: APIClient, name: str) -> None:
    response = client.post("/accounts/register/", REGISTRATION | {"first_name": name})
    assert (response.status_code, response.json()["data"]["first_name"]) == (201, name)
    tokens = log_in(client, phone=REGISTRATION["phone"], password=REGISTRATION["password"])
    shown = client.get("/accounts/me/", headers=bearer(tokens["access_token"])).json()["data"]
    assert shown["first_name"] == name


@pytest.mark.parametrize("control", [*map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))])
def test_characters_that_turn_the_direction_of_following_text_are_refused(
    client: APIClient, control: str
) -> None:
    for field in ("first_name", "last_name"):
        response = client.post("/accounts/register/", REGISTRATION | {field: f"John{control}Doe"})
        assert (response.status_code, list(response.json()["details"])) == (400, [field])
    assert not User.objects.exists()


def test_an_existing_account_with_a_short_password_can_still_log_in(client: APIClient) -> None:
    User.objects.create_user("004915112345678", "short")
    log_in(client, phone="0049 151 12345678", password="short")


@pytest.mark.parametrize("password", ["password1", " Football ", "1qaz2wsx3edc"])
def test_a_common_password_from_before_the_rules_has_to_be_replaced(client: APIClient, password: str) -> None:
    User.objects.create_user("+16502530000", password)
    credentials = {"phone": "+16502530000", "password": password}
    refused = client.post("/accounts/login/", credentials)
    assert (refused.status_code, refused.json()["code"]) == (403, "common_password")
    assert not Session.objects.exists()
    unknown = client.post("/accounts/login/", credentials | {"phone": "+16502530009"})
    assert (unknown.status_code, unknown.json()["code"]) == (401, "invalid_credentials")


def test_an_invalid_registration_does_not_tell_whether_the_phone_has_an_account(
    client: APIClient, user: User
) -> None:
    for wrong in ({"password": "short"}, {"date_of_birth": "tomorrow"}, {"user_type": "ADMIN"}):
        responses = [
            client.post("/accounts/register/", REGISTRATION | wrong | {"phone": phone})
            for phone in (user.phone, "+16502530001")
        ]
        assert responses[0].status_code == responses[1].status_code == 400
        assert responses[0].json()["details"] == responses[1].json()["details"]


def test_registering_as_staff_is_refused(client: APIClient) -> None:
    response = client.post("/accounts/register/", REGISTRATION | {"is_staff": True, "is_superuser": True})
    assert (response.status_code, list(response.json()["details"])) == (400, ["is_staff", "is_superuser"])
    assert not User.objects.exists()


def test_logging_in_returns_tokens_that_authenticate(client: APIClient, user: User) -> None:
    tokens = log_in(client, phone="650 253 0000")
    assert list(tokens) == ["access_token", "refresh_token", "token_type", "expires_in", "user"]
    assert (tokens["token_type"], tokens["expires_in"], tokens["user"]["id"]) == ("Bearer", 900, user.pk)
    assert authenticates(client, tokens["access_token"])
    user.refresh_from_db()
    assert user.last_login is not None


@pytest.mark.parametrize(
    "credentials",
    [
        {"phone": "+16502530000", "password": "another-lamp"},
        {"phone": "+16502530001", "password": PASSWORD},
        {"phone": "lamp", "password": PASSWORD},
        {"phone": "+16502530000", "password": " " + PASSWORD},
    ],
)
def test_wrong_credentials_do_not_reveal_what_is_wrong(
    client: APIClient, user: User, credentials: dict[str, str]
) -> None:
    response = client.post("/accounts/login/", credentials)
    assert (response.status_code, response.json()["error"]) == (401, "Phone or password is wrong.")
    assert response.json()["details"] == {}


def test_an_inactive_account_cannot_be_used(client: APIClient, user: User) -> None:
    tokens = log_in(client)
    User.objects.update(is_active=False)
    assert client.post("/accounts/login/", {"phone": user.phone, "password": PASSWORD}).status_code == 401
    assert not authenticates(client, tokens["access_token"])
    assert renew(client, tokens["refresh_token"]).status_code == 401


def test_imported_customers_cannot_log_in(client: APIClient) -> None:
    User.objects.create(source="elsewhere", source_reference="17850", password="!")
    assert client.post("/accounts/login/", {"phone": "17850000", "password": "!"}).status_code == 401


def test_the_password_of_the_demo_is_refused_in_production(client: APIClient, settings: Settings) -> None:
    User.objects.create_user("+15550100001", "vitrine-demo")
    credentials = {"phone": "+15550100001", "password": "vitrine-demo"}
    assert client.post("/accounts/login/", credentials).status_code == 200
    settings.ENVIRONMENT = "production"
    refused = client.post("/accounts/login/", credentials)
    assert refused.status_code == 401
    unknown = client.post("/accounts/login/", credentials | {"phone": "+15550100009"})
    assert unknown.json()["error"] == refused.json()["error"]


def test_a_refresh_token_is_exchanged_for_a_new_pair(client: APIClient, user: User) -> None:
    first = log_in(client)
    second = renew(client, first["refresh_token"]).json()["data"]
    third = renew(client, second["refresh_token"]).json()["data"]
    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
    assert authenticates(client, third["access_token"])
    assert Session.objects.count() == 1


def test_renewing_ignores_the_access_token(client: APIClient, user: User) -> None:
    tokens = log_in(client)
    response = client.post(
        "/accounts/token-refresh/",
        {"refresh_token": tokens["refresh_token"]},
        headers=bearer(tokens["refresh_token"]),
    )
    assert response.status_code == 200


def test_logging_out_with_the_access_token_ends_the_session(client: APIClient, user: User) -> None:
    tokens = log_in(client)
    response = client.post("/accounts/logout/", headers=bearer(tokens["access_token"]))
    assert (response.status_code, response.json()["data"]["id"]) == (200, user.pk)
    assert not authenticates(client, tokens["access_token"])
    assert renew(client, tokens["refresh_token"]).status_code == 401
    assert client.post("/accounts/logout/", headers=bearer(tokens["access_token"])).status_code == 401


def test_logging_in_links_the_anonymous_id(client: APIClient, user: User) -> None:
    anonymous = uuid4()
    for _ in range(2):
        client.post(
            "/accounts/login/",
            {"phone": user.phone, "password": PASSWORD},
            headers={"X-Anonymous-Id": str(anonymous)},
        )
    link = ShopperLink.objects.get()
    assert (link.anonymous_id, link.user) == (anonymous, user)
    assert Message.objects.filter(topic="shopper_linked").exists()


def test_logins_are_throttled_by_address(client: APIClient, user: User) -> None:
    body = {"phone": user.phone, "password": PASSWORD}
    statuses = [client.post("/accounts/login/", body).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


def test_expired_sessions_are_deleted(client: APIClient, user: User, settings: Settings) -> None:
    log_in(client)
    now = timezone.now()
    assert forget_expired_sessions(now=now + settings.REFRESH_TOKEN_LIFETIME - timedelta(minutes=1)) == 0
    assert forget_expired_sessions(now=now + settings.REFRESH_TOKEN_LIFETIME + timedelta(minutes=1)) == 1


def test_superusers_are_staff_of_the_shop() -> None:
    superuser = User.objects.create_superuser("+16502530009", PASSWORD)
    assert (superuser.user_type, superuser.is_admin, staff().is_admin) == (UserType.ADMIN, True, True)


def test_a_user_is_found_by_phone_in_any_notation(user: User) -> None:
    assert User.objects.get_by_natural_key("(650) 253 0000") == user


def test_the_task_deletes_expired_sessions(client: APIClient, user: User) -> None:
    log_in(client)
    log_in(client)
    Session.objects.filter(pk=Session.objects.earliest("created_at").pk).update(expires_at=timezone.now())
    assert forget_expired_sessions_task() == 1
    assert Session.objects.count() == 1
