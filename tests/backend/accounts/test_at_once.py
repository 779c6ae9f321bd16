"""Concurrent logins, renewals and registrations of one account."""

from functools import partial

import pytest
from django.utils import timezone

from backend.accounts.models import Session, User
from backend.accounts.services import LoggedIn, log_in, register, renew
from backend.audit.actors import GUEST
from tests.backend.together import kinds, together

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-long-lamp-shade"


def test_concurrent_renewals_with_one_refresh_token_succeed_once() -> None:
    User.objects.create_user("+16502530000", PASSWORD)
    for _ in range(8):
        token = log_in(phone="+16502530000", password=PASSWORD, now=timezone.now()).refresh_token
        outcomes = together(*[partial(renew, token, now=timezone.now())] * 3)
        assert kinds(outcomes) == ["LoggedIn", "SessionEnded", "SessionEnded"]
    assert not Session.objects.filter(ended_at=None).exists(), (
        "a refresh token that is used twice may have been stolen"
    )


def test_concurrent_registrations_of_one_phone_create_one_account() -> None:
    outcomes = together(*[partial(register, phone="+16502530000", password=PASSWORD, by=GUEST)] * 2)
    assert kinds(outcomes) == ["PhoneTaken", "User"]
    assert User.objects.count() == 1


def test_concurrent_logins_start_one_session_each() -> None:
    User.objects.create_user("+16502530000", PASSWORD)
    outcomes = together(*[partial(log_in, phone="+16502530000", password=PASSWORD, now=timezone.now())] * 3)
    assert len({outcome.refresh_token for outcome in outcomes if isinstance(outcome, LoggedIn)}) == 3
