"""One-time passwords, which prove that a client receives messages to an account's phone.

docs/decisions/password-resets.md explains their design.
"""

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from backend.accounts.devices import UNKNOWN_DEVICE, Device
from backend.accounts.errors import InvalidOneTimePassword, TooManyOneTimePasswords
from backend.accounts.guessing import AttemptKind, by_address, count_attempts, take_back_attempt
from backend.accounts.known_devices import known_device_id
from backend.accounts.models import OneTimePassword, User
from backend.accounts.phones import phone_of
from backend.accounts.random_tokens import hash_of, new_token
from backend.accounts.sent_codes import attempt_code, digits_of
from backend.outbox.services import publish
from backend.outbox.topics import Topic

VALID_FOR = timedelta(minutes=5)
RESET_TOKEN_VALID_FOR = timedelta(minutes=10)
MOST_ATTEMPTS = 5
MOST_IN_WINDOW = 5
FOR_KNOWN_DEVICES = 3
"""Further attempts, and further codes in a window, which others can't use up."""
WINDOW = timedelta(hours=1)
KEPT_FOR = timedelta(days=30)
# Salts of the keyed hashes; changing one invalidates the codes that were sent.
_CODE_SALT = "backend.accounts.one_time_password.code"
_PHONE_SALT = "backend.accounts.one_time_password.phone"


def request_code(phone: str, *, device: Device = UNKNOWN_DEVICE, now: datetime) -> None:
    """Send a code to the phone if it has an account; if it has none, the work and the outcome are the same.

    Raises:
        InvalidInput: it is not a phone number.
        TooManyOneTimePasswords: the phone got as many codes as it may in this hour.
        TooManyAttempts: too many codes were requested from this address.
    """
    number = phone_of(phone)
    is_known = known_device_id(number, device=device) is not None
    if not is_known:
        count_attempts(by_address(AttemptKind.CODE_REQUEST_ADDRESS, device.address), now=now)
    user = User.objects.filter(phone=number, is_active=True).only("pk").first()
    seconds = WINDOW.total_seconds()
    key, window = phone_key(number), int(now.timestamp() // seconds)
    most = MOST_IN_WINDOW + is_known * FOR_KNOWN_DEVICES
    # Each number of a window can be taken once, so concurrent requests can't exceed the limit.
    for taken in range(OneTimePassword.objects.filter(phone_key=key, window=window).count(), most):
        row = OneTimePassword(
            user=user,
            phone_key=key,
            window=window,
            number=taken + 1,
            nonce=secrets.token_hex(32),
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                publish(Topic.ONE_TIME_PASSWORD, row.pk)
        except IntegrityError:
            continue
        return
    raise TooManyOneTimePasswords(retry_after=int(seconds - now.timestamp() % seconds) + 1)


def phone_key(number: str) -> str:
    """Return a keyed hash of the normalised phone, so that phones without an account are not stored."""
    return salted_hmac(_PHONE_SALT, number, algorithm="sha256").hexdigest()


def code_of(row: OneTimePassword) -> str:
    """Return the digits of the one-time password, which are derived from its random nonce and SECRET_KEY."""
    return digits_of(row.nonce, salt=_CODE_SALT)


def verify_code(phone: str, *, code: str, device: Device = UNKNOWN_DEVICE, now: datetime) -> str:
    """Return a token that can set a new password once, within the next ten minutes.

    Only the newest code of a phone is valid, and each code can be tried five times.

    Raises:
        InvalidInput: it is not a phone number.
        InvalidOneTimePassword: the code is wrong, too old, used, or was tried too often.
        TooManyAttempts: too many wrong codes were sent from this address.
    """
    number = phone_of(phone)
    is_known = known_device_id(number, device=device) is not None
    counted = () if is_known else by_address(AttemptKind.CODE_ADDRESS, device.address)
    count_attempts(counted, now=now)
    token = _exchange(number, code=code, attempts=MOST_ATTEMPTS + is_known * FOR_KNOWN_DEVICES, now=now)
    if token is None:
        raise InvalidOneTimePassword
    take_back_attempt(counted, now=now)
    return token


def _exchange(number: str, *, code: str, attempts: int, now: datetime) -> str | None:
    """Return a token if the code is right and was tried less often than `attempts`; count the attempt."""
    key = phone_key(number)
    with transaction.atomic():
        rows = OneTimePassword.objects.select_for_update(of=("self",), no_key=True).filter(phone_key=key)
        row = rows.order_by("-pk").first()
        if row is None:
            return None
        is_right = attempt_code(row, sent=code_of(row), code=code, most=attempts, now=now)
        if is_right and row.user_id is not None:
            token = new_token()
            row.used_at = now
            row.reset_token_hash = hash_of(token)
            row.save(update_fields=["attempts", "used_at", "reset_token_hash"])
            return token
        row.save(update_fields=["attempts"])
    return None


def verified_row(phone: str, *, reset_token: str, now: datetime) -> OneTimePassword | None:
    """Return the phone's one-time password whose verification returned the token, with its user; or None."""
    return (
        OneTimePassword.objects.select_related("user")
        .filter(
            phone_key=phone_key(phone_of(phone)),
            reset_token_hash=hash_of(reset_token),
            used_at__gt=now - RESET_TOKEN_VALID_FOR,
            reset_at=None,
            user__is_active=True,
        )
        .first()
    )


def invalidate_codes(user_id: int, *, now: datetime) -> None:
    """Invalidate the user's codes and reset tokens, because the password was changed."""
    usable = OneTimePassword.objects.filter(
        user=user_id, created_at__gt=now - VALID_FOR - RESET_TOKEN_VALID_FOR
    )
    usable.update(expires_at=now, reset_token_hash="")


def forget_one_time_passwords(*, now: datetime) -> int:
    """Delete one-time passwords that are older than KEPT_FOR; return how many."""
    return OneTimePassword.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
