"""Passwords and codes can be guessed a few times, then once after each pause; known devices have their own count."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.devices import Device
from backend.accounts.errors import TooManyAttempts
from backend.accounts.guessing import (
    RULES,
    AttemptKind,
    Counted,
    by_address,
    count_attempt,
    count_attempts,
    take_back_attempt,
)
from backend.accounts.known_devices import MOST_DEVICES, remember_device
from backend.accounts.models import AttemptCount, KnownDevice, OneTimePassword, User
from backend.accounts.one_time_passwords import code_of
from backend.accounts.tasks import forget_attempts
from tests.backend.accounts.clients import PASSWORD, PHONE, bearer, log_in
from tests.backend.together import together
from tests.services.shop import free_port

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

LOGIN = "/accounts/login/"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WRONG = "not the password"
ELSEWHERE = "198.51.100.7"


@pytest.fixture
def user() -> User:
    return User.objects.create_user(PHONE, PASSWORD)


@pytest.fixture
def _cache_is_away(settings: Settings) -> None:
    away = {**django_settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = {**django_settings.CACHES, "default": away}


def guess(
    *, phone: str = PHONE, password: str = WRONG, address: str = "192.0.2.1", client: APIClient | None = None
) -> tuple[int, str]:
    """Return the status and the error code of a login."""
    response = (client or APIClient()).post(
        LOGIN, {"phone": phone, "password": password}, REMOTE_ADDR=address
    )
    return response.status_code, response.json().get("code", "")


def attack(*, address: str = "192.0.2.1") -> None:
    """Guess the password until the phone is paused."""
    assert [guess(address=address) for _ in range(11)] == [REFUSED] * 10 + [PAUSED]


def in_parallel(guesses: Sequence[Callable[[], tuple[int, str]]]) -> Counter[object]:
    """Make the guesses over 25 database connections; return how often each outcome occurred."""

    def several(own: Sequence[Callable[[], tuple[int, str]]]) -> list[tuple[int, str]]:
        return [each() for each in own]

    outcomes: Counter[object] = Counter()
    for of_thread in together(*[partial(several, guesses[start::25]) for start in range(25)]):
        assert isinstance(of_thread, list), of_thread
        outcomes.update(of_thread)
    return outcomes


REFUSED, PAUSED = (401, "invalid_credentials"), (429, "too_many_attempts")


@pytest.mark.usefixtures("_cache_is_away")
@pytest.mark.parametrize(
    ("guesses", "allowed"),
    [
        ([partial(guess, address=f"192.0.2.{number}") for number in range(100)], 10),
        ([partial(guess, phone="+16502530999", address=f"192.0.2.{number}") for number in range(100)], 10),
        ([partial(guess, phone=f"+165025301{number:02}") for number in range(100)], 20),
        ([partial(guess, phone=f"+165025301{n:02}", address=f"2001:db8::{n}") for n in range(100)], 20),
    ],
    ids=["a phone", "a phone without an account", "an address", "an IPv6 network"],
)
def test_of_a_hundred_parallel_guesses_few_are_checked_without_the_cache(
    user: User, guesses: Sequence[Callable[[], tuple[int, str]]], allowed: int
) -> None:
    assert in_parallel(guesses) == {REFUSED: allowed, PAUSED: 100 - allowed}


def test_the_counts_survive_a_flush_of_the_cache(user: User) -> None:
    for _ in range(10):
        assert guess() == REFUSED
    cache.clear()
    response = APIClient().post(LOGIN, {"phone": PHONE, "password": PASSWORD})
    assert (response.status_code, response.json()["code"]) == PAUSED
    seconds = response.json()["details"]["retry_after"]
    assert (0 < seconds <= 30, response.headers["Retry-After"]) == (True, str(seconds))


@pytest.mark.parametrize("kind", {rule: kind for kind, rule in RULES.items()}.values())
def test_pauses_grow_up_to_a_limit_end_and_are_not_extended_by_attempts_within_them(
    kind: AttemptKind,
) -> None:
    rule, now, pauses = RULES[kind], NOW, []
    for _ in range(rule.allowed):
        count_attempt(kind, "key", now=now)
    for _ in range(12):
        with pytest.raises(TooManyAttempts) as refused:
            count_attempt(kind, "key", now=now)
        seconds = refused.value.details["retry_after"]
        assert isinstance(seconds, int)
        with pytest.raises(TooManyAttempts):
            count_attempt(kind, "key", now=now + timedelta(seconds=seconds - 1))
        pauses.append(timedelta(seconds=seconds))
        now += pauses[-1]
        count_attempt(kind, "key", now=now)
    assert pauses[0] == rule.first_pause
    assert pauses == sorted(pauses)
    assert rule.longest_pause / 4 <= pauses[-1] <= rule.longest_pause
    count_attempt(kind, "another key", now=now)


def test_attempts_are_forgotten_one_by_one_however_often_they_are_counted() -> None:
    assert attempts_until_pause("office", every=timedelta(minutes=6)) == 150
    # One is forgotten after five minutes, so every fifth remains, until pauses are longer than four minutes.
    assert 110 <= attempts_until_pause("attack", every=timedelta(minutes=4)) <= 125


def attempts_until_pause(address: str, *, every: timedelta) -> int:
    """Return how many of 150 attempts are allowed before one is refused."""
    for number in range(150):
        try:
            count_attempt(AttemptKind.LOGIN_ADDRESS, address, now=NOW + number * every)
        except TooManyAttempts:
            return number
    return 150


def test_attempts_may_be_counted_in_another_order_than_they_began_in() -> None:
    for seconds in (2, 1, 0):
        count_attempt(AttemptKind.LOGIN, PHONE, now=NOW + timedelta(seconds=seconds))
    assert AttemptCount.objects.get().attempts == pytest.approx(3)


def test_if_one_key_is_paused_the_other_is_not_counted() -> None:
    phone, address = Counted(AttemptKind.LOGIN, "phone"), Counted(AttemptKind.LOGIN_ADDRESS, "address")
    for _ in range(10):
        count_attempts([phone], now=NOW)
    with pytest.raises(TooManyAttempts):
        count_attempts([address, phone], now=NOW)
    for _ in range(20):
        count_attempts([address], now=NOW)


def test_attempts_that_were_right_are_taken_back_and_end_the_pause_that_they_caused() -> None:
    counted = [Counted(AttemptKind.LOGIN_ADDRESS, "address")]
    for _ in range(60):
        count_attempts(counted, now=NOW)
        take_back_attempt(counted, now=NOW)
    for number in range(20):
        count_attempts(counted, now=NOW + timedelta(seconds=number))
    later = NOW + timedelta(seconds=29)
    count_attempts(counted, now=later)
    with pytest.raises(TooManyAttempts):
        count_attempts(counted, now=later)
    take_back_attempt(counted, now=later)
    count_attempts(counted, now=later)


def test_a_login_resets_the_count_of_the_phone_and_not_that_of_the_address(user: User) -> None:
    for phone in (PHONE, "+16502530111"):
        for _ in range(9):
            assert guess(phone=phone) == REFUSED
        cache.clear()
    assert guess(password=PASSWORD) == (200, "")
    cache.clear()
    assert [guess() for _ in range(3)] == [REFUSED, REFUSED, PAUSED]
    assert guess(address=ELSEWHERE) == REFUSED


def test_many_customers_behind_one_address_log_in(user: User) -> None:
    for number in range(30):
        cache.clear()
        User.objects.create_user(f"+165025301{number:02}", PASSWORD)
        assert guess(phone=f"+165025301{number:02}", password=PASSWORD) == (200, "")


def test_a_known_device_logs_in_during_an_attack_and_has_a_count_of_its_own(user: User) -> None:
    browser = APIClient()
    log_in(browser)
    cookie = browser.cookies["device_token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert cookie.value not in str(list(KnownDevice.objects.values()))
    attack(address=ELSEWHERE)
    assert guess(password=PASSWORD, address="192.0.2.1") == PAUSED

    assert guess(password=PASSWORD, client=browser) == (200, "")
    assert [guess(address=address) for address in (ELSEWHERE, "192.0.2.1")] == [PAUSED] * 2

    cache.clear()
    assert [guess(client=browser) for _ in range(11)] == [REFUSED] * 10 + [PAUSED]
    assert guess(password=PASSWORD, client=browser) == PAUSED


def test_an_app_sends_the_token_in_a_header(user: User) -> None:
    body = {"phone": PHONE, "password": PASSWORD}
    token = APIClient().post(LOGIN, body, headers={"X-Device-Token": "new"}).json()["data"]["device_token"]
    attack()
    response = APIClient().post(LOGIN, body, headers={"X-Device-Token": token})
    assert (response.status_code, response.json()["data"]["device_token"]) == (200, token)
    for invalid in ("new", token[:-1], token[:-1] + "!", "x" * 43, token.swapcase()):
        assert APIClient().post(LOGIN, body, headers={"X-Device-Token": invalid}).status_code == 429


def test_a_device_is_known_for_its_own_account_only(user: User) -> None:
    User.objects.create_user("+16502530111", PASSWORD)
    attacker = APIClient()
    log_in(attacker, phone="+16502530111")
    attack()
    assert guess(password=PASSWORD, client=attacker) == PAUSED


def test_resetting_the_password_ends_the_pause_and_makes_only_this_device_known(user: User) -> None:
    old, browser = APIClient(), APIClient()
    log_in(old)
    attack()
    cache.clear()
    browser.post("/accounts/forgot-password/", {"phone": PHONE})
    code = code_of(OneTimePassword.objects.latest("pk"))
    browser.post("/accounts/verify-otp/", {"phone": PHONE, "otp": code})
    done = browser.post("/accounts/reset-password/", {"phone": PHONE, "password": "another-lamp-shade"})
    assert done.status_code == 200, done.json()
    attack(address=ELSEWHERE)
    assert guess(password="another-lamp-shade", client=old) == PAUSED
    assert guess(password="another-lamp-shade", client=browser) == (200, "")


def test_strangers_cannot_use_up_the_codes_and_attempts_of_a_known_device(user: User) -> None:
    browser, path = APIClient(), "/accounts/forgot-password/"
    log_in(browser)
    while APIClient().post(path, {"phone": PHONE}, REMOTE_ADDR=ELSEWHERE).status_code == 200:
        pass
    assert browser.post(path, {"phone": PHONE}).status_code == 200
    code = code_of(OneTimePassword.objects.latest("pk"))
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for otp in (wrong, wrong, wrong, wrong, wrong, code):
        refused = APIClient().post(
            "/accounts/verify-otp/", {"phone": PHONE, "otp": otp}, REMOTE_ADDR=ELSEWHERE
        )
        assert refused.status_code == 400
    assert browser.post("/accounts/verify-otp/", {"phone": PHONE, "otp": code}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "allowed"),
    [
        ("/accounts/forgot-password/", {}, 10),
        ("/accounts/verify-otp/", {"otp": "123456"}, 20),
        ("/accounts/register/", {"password": PASSWORD}, 20),
    ],
)
@pytest.mark.usefixtures("_cache_is_away")
def test_requests_about_many_phones_are_limited_by_address(
    path: str, body: dict[str, str], allowed: int
) -> None:
    phones = [f"+165025301{number:02}" for number in range(30)]
    User.objects.bulk_create(User(phone=phone) for phone in phones)
    codes = [APIClient().post(path, {**body, "phone": phone}).json().get("code", "") for phone in phones]
    assert codes[allowed:] == ["too_many_attempts"] * (30 - allowed)
    assert "too_many_attempts" not in codes[:allowed]


def test_registrations_that_succeed_are_not_counted() -> None:
    for number in range(21):
        cache.clear()
        body = {"phone": f"+165025301{number:02}", "password": PASSWORD}
        assert APIClient().post("/accounts/register/", body).status_code == 201


def test_guesses_of_the_current_password_are_counted_by_session(user: User) -> None:
    client, path = APIClient(), "/accounts/change-password/"
    body = {"current_password": "a guess", "password": "another-lamp-shade"}
    attacker, owner = (bearer(log_in(client)["access_token"]) for _ in range(2))
    codes = [client.post(path, body, headers=attacker).json()["code"] for _ in range(11)]
    assert codes == ["wrong_password"] * 10 + ["too_many_attempts"]
    cache.clear()
    right = {**body, "current_password": PASSWORD}
    assert client.post(path, right, headers=attacker).status_code == 429
    assert client.post(path, right, headers=owner).status_code == 200


def test_neither_phones_nor_addresses_are_stored(user: User) -> None:
    guess()
    stored = str(list(AttemptCount.objects.values("kind", "key")))
    assert PHONE[2:] not in stored
    assert "192.0.2.1" not in stored


def test_addresses_are_counted_as_the_client_can_choose_them() -> None:
    def keys(*addresses: str) -> set[Sequence[Counted]]:
        return {by_address(AttemptKind.LOGIN_ADDRESS, address) for address in addresses}

    assert len(keys("2001:db8::1", "2001:db8:0:0:ffff::1")) == 1
    assert len(keys("2001:db8::1", "2001:db8:0:1::1")) == 2
    assert len(keys("192.0.2.1", "::ffff:192.0.2.1")) == 1
    assert keys("", "unix") == {()}


def test_old_counts_and_unused_devices_are_deleted_and_few_devices_are_kept(user: User) -> None:
    now = timezone.now()
    for _ in range(MOST_DEVICES + 1):
        token = remember_device(user, device=Device(), now=now)
    assert KnownDevice.objects.count() == MOST_DEVICES
    assert remember_device(user, device=Device(token=token), now=now) == token
    guess()
    assert forget_attempts() == 0
    AttemptCount.objects.update(counted_at=now - timedelta(days=3))
    KnownDevice.objects.update(last_used_at=F("last_used_at") - timedelta(days=366))
    assert forget_attempts() == 2 + MOST_DEVICES
