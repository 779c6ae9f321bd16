"""Concurrent logins and registrations of one account."""

from functools import partial

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.services import log_in, register
from backend.accounts.sessions import LoggedIn
from backend.audit.actors import GUEST
from tests.backend.together import kinds, together

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-long-lamp-shade"


def test_concurrent_registrations_of_one_phone_create_one_account() -> None:
    registering = partial(register, phone="+16502530000", password=PASSWORD, by=GUEST, now=timezone.now())
    outcomes = together(*[registering] * 2)
    assert kinds(outcomes) == ["PhoneTaken", "User"]
    assert User.objects.count() == 1


def test_concurrent_logins_start_one_session_each() -> None:
    User.objects.create_user("+16502530000", PASSWORD)
    outcomes = together(*[partial(log_in, phone="+16502530000", password=PASSWORD, now=timezone.now())] * 3)
    assert len({outcome.refresh_token for outcome in outcomes if isinstance(outcome, LoggedIn)}) == 3
