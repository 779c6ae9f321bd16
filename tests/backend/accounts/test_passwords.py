"""Rules for new passwords, and changes of a password."""

import time
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Session, User
from backend.accounts.passwords import change_password, require_acceptable
from backend.accounts.services import log_in as log_in_directly
from backend.api.errors import InvalidInput
from backend.audit.models import AuditEntry
from tests.backend.accounts.clients import PASSWORD, PHONE, authenticates, bearer, log_in, renew
from tests.backend.shop import SYSTEM
from tests.backend.together import kinds, together

PATH = "/accounts/change-password/"
NEW = "another-long-lamp-shade"
ANN = {
    "phone": "+14156681234",
    "first_name": "Bartholomew",
    "last_name": "Lee",
    "email": "ann@lampworkshop.example",
}


EXAMPLES = Path(__file__).parent / "password_examples"


def examples(name: str) -> list[str]:
    lines = (EXAMPLES / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(
    "password",
    [
        *examples("refused"),
        "eleven-char",
        "            ",
        "\u200b" * 12,
        "\u3164" * 12,
        "111111111111",
        "abababababab",
        "lamplamplamp",
        "passwordpassword",
        "+14156681234",
        "415 668 1234",
        "001 (415) 668-12-34",
        "4-1-5-6-6-8-1-2-3-4",
        "\uff14\uff11\uff15\uff16\uff16\uff18\uff11\uff12\uff13\uff14 ok",
        "my phone is 4156681234",
    ],
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        require_acceptable(password, user=User(**ANN))
    assert list(refused.value.details) == ["password"]


@pytest.mark.parametrize("password", [*examples("accepted"), "x" * 2 + "correct horse battery" * 3])
def test_a_long_password_of_any_characters_is_accepted(password: str) -> None:
    require_acceptable(password, user=User(**ANN))


@pytest.mark.parametrize(
    "text", ["password1!" * 12, "qwe1" * 32, "iloveyou dragon " * 8, "a1" * 64, "abcz" * 32]
)
def test_a_long_password_is_checked_quickly(text: str) -> None:
    begun = time.thread_time()
    with suppress(InvalidInput):
        require_acceptable(f"!{text}"[:128], user=User(**ANN))
    assert time.thread_time() - begun < 0.5


@pytest.fixture
def user() -> User:
    return User.objects.create_user(PHONE, PASSWORD)


@pytest.mark.django_db
def test_changing_the_password_ends_the_other_sessions(user: User) -> None:
    client = APIClient()
    tokens, other = log_in(client), log_in(client)
    body = {"current_password": PASSWORD, "password": NEW}

    changed = client.post(PATH, body, headers=bearer(tokens["access_token"]))

    assert (changed.status_code, changed.json()["data"]) == (200, {"ended": 1})
    assert authenticates(client, tokens["access_token"])
    assert not authenticates(client, other["access_token"])
    assert renew(client, other["refresh_token"]).status_code == 401
    old = client.post("/accounts/login/", {"phone": PHONE, "password": PASSWORD})
    assert old.status_code == 401
    log_in(client, password=NEW)
    assert AuditEntry.objects.get(action="accounts.password_changed").user_id == user.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"current_password": "a wrong password", "password": NEW}, 400, "wrong_password"),
        ({"current_password": PASSWORD, "password": "short"}, 400, "invalid_input"),
        ({"current_password": PASSWORD, "password": "650 253 0000 !"}, 400, "invalid_input"),
        ({"current_password": PASSWORD, "password": "x" * 129}, 400, "invalid_input"),
        ({"password": NEW}, 400, "invalid_input"),
    ],
)
def test_a_refused_change_changes_nothing(user: User, body: dict[str, str], status: int, code: str) -> None:
    client = APIClient()
    tokens, other = log_in(client), log_in(client)
    refused = client.post(PATH, body, headers=bearer(tokens["access_token"]))
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert authenticates(client, other["access_token"])
    log_in(client)
    assert client.post(PATH, body).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_of_concurrent_changes_one_succeeds_and_no_login_with_the_old_password_outlives_it(
    user: User,
) -> None:
    now = timezone.now()
    passwords = (PASSWORD, "the second lamp shade", "the third lamp shade", "the fourth lamp shade")
    for old, new in pairwise(passwords):
        kept = Session.objects.create(user=user, expires_at=now).pk
        change = partial(
            change_password, user.pk, current_password=old, password=new, kept=kept, by=SYSTEM, now=now
        )
        enter = partial(log_in_directly, phone=PHONE, password=old, now=now)
        outcomes = together(change, change, enter, enter)
        assert kinds(outcomes[:2]) == ["WrongPassword", "int"]
        assert not Session.objects.active(now=now).exists()


@pytest.mark.django_db
def test_a_login_stores_a_stronger_hash_of_the_password(user: User, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    log_in(APIClient())
    user.refresh_from_db()
    assert user.password.startswith("argon2")
    log_in(APIClient())
