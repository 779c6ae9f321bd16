"""Requests about a second factor that arrive at the same time, each on its own connection."""

from functools import partial

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Session
from backend.accounts.second_factor.models import SecondFactorChallenge
from tests.backend.accounts.second_factor.clients import (
    answer,
    challenge,
    current,
    enrolled,
    outcome,
    verify,
    wrong,
)
from tests.backend.together import kinds, together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def test_of_many_guesses_at_once_five_are_compared(client: APIClient, own: APIClient) -> None:
    app, _ = enrolled(own)
    token = challenge(client)
    # SQLite has one writer, so more guesses would only wait longer.
    guesses = 100 if connection.vendor == "postgresql" else 20
    guess = partial(answer, client, token, wrong(app))

    outcomes = [outcome(response) for response in together(*[guess] * guesses)]

    assert outcomes.count((400, "wrong_second_factor")) == 5
    assert set(outcomes) <= {
        (400, "wrong_second_factor"),
        (400, "invalid_login_challenge"),
        (429, "too_many_attempts"),
    }
    assert SecondFactorChallenge.objects.get().attempts == 5
    assert outcome(answer(client, token, current(app))) == (400, "invalid_login_challenge")


def test_a_code_that_is_sent_many_times_at_once_is_accepted_once(client: APIClient, own: APIClient) -> None:
    app, codes = enrolled(own)
    for code in (current(app), codes[0]):
        sessions = Session.objects.count()
        tokens = [challenge(client) for _ in range(6)]
        outcomes = together(*[partial(answer, client, token, code) for token in tokens])
        assert sorted(map(outcome, outcomes)) == [(200, "")] + [(400, "wrong_second_factor")] * 5
        assert Session.objects.count() == sessions + 1

    attempt = partial(verify, code=codes[1], now=timezone.now())
    user_id = Session.objects.values_list("user", flat=True)[0]
    assert kinds(together(*[partial(attempt, user_id)] * 4)) == ["Method"] + ["WrongCode"] * 3


def test_a_challenge_that_is_answered_at_once_with_two_right_codes_starts_one_session(
    client: APIClient, own: APIClient
) -> None:
    app, codes = enrolled(own)
    token = challenge(client)
    outcomes = together(
        *[partial(answer, client, token, code) for code in (current(app), codes[0], codes[1])]
    )
    assert sorted(map(outcome, outcomes)) == [(200, "")] + [(400, "invalid_login_challenge")] * 2
