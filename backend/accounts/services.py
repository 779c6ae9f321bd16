"""Registration, login and changes of accounts."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import DatabaseError, IntegrityError, transaction

from backend.accounts.devices import UNKNOWN_DEVICE, Device
from backend.accounts.email_addresses import change_email, normalised, remove_email
from backend.accounts.errors import CommonPassword, InvalidCredentials, InvalidPhone, PhoneTaken
from backend.accounts.guessing import AttemptKind, by_address, count_attempts, take_back_attempt
from backend.accounts.locks import lock_user
from backend.accounts.login_attempts import LoginAttempt
from backend.accounts.models import User, UserType
from backend.accounts.password_rules import is_common
from backend.accounts.passwords import Confirmation, require_acceptable
from backend.accounts.phones import normalise_new_phone
from backend.accounts.second_factor.challenges import Challenge, begin_challenge
from backend.accounts.second_factor.services import methods_of
from backend.accounts.sessions import LoggedIn, begin_session
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import differences, record

DEMO_PASSWORD = "vitrine-demo"  # noqa: S105 - public by design, and refused in production
CONSENTS = frozenset({"marketing_consent", "tracking_consent"})
SELF_SERVICE_ROLES = (UserType.CUSTOMER, UserType.SELLER)
PERSONAL_FIELDS = ("phone", "first_name", "last_name", "date_of_birth", "email")
"""The audit log has the values of these columns only as hashes that can be erased."""


def register(
    *,
    phone: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    date_of_birth: date | None = None,
    user_type: str = UserType.CUSTOMER,
    device: Device = UNKNOWN_DEVICE,
    by: Actor,
    now: datetime,
) -> User:
    """Create a customer or a seller.

    Raises:
        InvalidInput: the phone is invalid, the password is too weak, or `user_type` can't be chosen.
        PhoneTaken: another account has the phone, which counts as an attempt of the address.
        TooManyAttempts: too many phones from this address had an account.
    """
    if user_type not in SELF_SERVICE_ROLES:
        raise InvalidInput(user_type=[f"Choose one of: {', '.join(SELF_SERVICE_ROLES)}."])
    user = User(
        phone=_new_phone(phone),
        first_name=first_name,
        last_name=last_name,
        date_of_birth=date_of_birth,
        user_type=user_type,
    )
    require_acceptable(password, user=user)
    counted = by_address(AttemptKind.REGISTRATION_ADDRESS, device.address)
    count_attempts(counted, now=now)
    user.set_password(password)
    try:
        _create(user, by=by)
    except IntegrityError as error:
        raise PhoneTaken(phone=user.phone) from error
    except DatabaseError:
        # It says nothing about the phone, and the client will try again.
        take_back_attempt(counted, now=now)
        raise
    take_back_attempt(counted, now=now)
    return user


def _create(user: User, *, by: Actor) -> None:
    with transaction.atomic():
        user.save()
        record(
            "accounts.registered",
            by=by,
            subject=user,
            changes={"user_type": (None, user.user_type)},
            personal={name: (None, value) for name in PERSONAL_FIELDS if (value := getattr(user, name))},
        )


def update_profile(
    user_id: int,
    *,
    changes: Mapping[str, Any],
    confirmation: Confirmation | None = None,
    by: Actor,
    now: datetime,
) -> User:
    """Change the fields of the account and return it.

    A change of a consent is stored with its time; `email` as in `change_email`, or if it is empty as in
    `remove_email`, which alone needs `confirmation`.

    Raises:
        InvalidInput, WrongPassword: removing a verified address needs `confirmation`; nothing is changed.
        TooManyAttempts: too many codes were requested for e-mail addresses, or too many passwords were wrong;
            nothing is changed.
    """
    changes = dict(changes)
    email = changes.pop("email", None)
    if email:
        if not _has_email(user_id, email=email):
            change_email(user_id, email=email, by=by, now=now)
    elif email is not None:
        remove_email(user_id, confirmation=confirmation, by=by, now=now)
    with transaction.atomic():
        user = lock_user(user_id)
        changed = {name: value for name, value in changes.items() if getattr(user, name) != value}
        for consent in CONSENTS & changed.keys():
            changed[f"{consent}_at"] = now
        if changed:
            before = {name: getattr(user, name) for name in changed}
            for name, value in changed.items():
                setattr(user, name, value)
            user.save(update_fields=list(changed))
            logged = differences(before, changed)
            personal = {name: logged.pop(name) for name in PERSONAL_FIELDS if name in logged}
            record("accounts.profile_changed", by=by, subject=user, changes=logged, personal=personal)
    return user


def _has_email(user_id: int, *, email: str) -> bool:
    return User.objects.filter(pk=user_id, email=normalised(email)).exists()


def _new_phone(raw: str) -> str:
    try:
        return normalise_new_phone(raw, region=settings.DEFAULT_PHONE_REGION)
    except InvalidPhone as error:
        raise InvalidInput(phone=[str(error)]) from error


def log_in(
    *,
    phone: str,
    password: str,
    now: datetime,
    device: Device = UNKNOWN_DEVICE,
    anonymous_id: UUID | None = None,
    tracking_choice: bool | None = False,
) -> LoggedIn | Challenge:
    """Start a session, or return a challenge if the account has a second factor.

    `anonymous_id` is the id that the client used before, as a guest; `tracking_choice` is what the request
    says about tracking.

    Raises:
        InvalidCredentials: there is no such account, it is inactive, or the password is wrong.
        CommonPassword: the password is right, but too common.
        TooManyAttempts: too many passwords were wrong; this one is not checked.
    """
    user = verify_password(phone=phone, password=password, device=device, now=now)
    try:
        if methods := methods_of(user):
            return begin_challenge(user, methods=methods, anonymous_id=anonymous_id, now=now)
        return begin_session(
            user, device=device, anonymous_id=anonymous_id, tracking_choice=tracking_choice, now=now
        )
    except (User.DoesNotExist, IntegrityError) as error:
        # The account was erased since its password was verified.
        raise InvalidCredentials from error


def verify_password(
    *,
    phone: str,
    password: str,
    device: Device = UNKNOWN_DEVICE,
    now: datetime,
) -> User:
    """Return the active account with this phone and password.

    The attempt is counted by the phone and the address, or by the device if it is known. Store a stronger
    hash of the password if the parameters of the hasher have changed.

    Raises:
        InvalidCredentials: there is no such account, it is inactive, or the password is wrong.
        CommonPassword: the password is right, but too common.
        TooManyAttempts: too many passwords were wrong; this one is not checked.
    """
    if settings.ENVIRONMENT == "production" and password == DEMO_PASSWORD:
        raise InvalidCredentials("The password of the demo shop is not accepted here.")
    attempt = LoginAttempt(phone, device=device)
    attempt.count(now=now)
    user = _user_with(attempt.phone, password=password)
    attempt.succeeded(now=now)
    if is_common(password):
        raise CommonPassword
    return user


def _user_with(phone: str | None, *, password: str) -> User:
    user = None if phone is None else User.objects.filter(phone=phone).first()
    if user is None:
        # Hashing takes as long as checking a password, so timing doesn't reveal which phones have accounts.
        make_password(password)
        raise InvalidCredentials
    stronger: list[str] = []
    if not check_password(password, user.password, setter=lambda raw: stronger.append(make_password(raw))):
        raise InvalidCredentials
    if not user.is_active:
        raise InvalidCredentials
    if stronger:
        _replace_hash(user, new_hash=stronger[0])
    return user


def _replace_hash(user: User, *, new_hash: str) -> None:
    # Conditional, so that it can't restore a password that was changed meanwhile.
    if not User.objects.filter(pk=user.pk, password=user.password).update(password=new_hash):
        raise InvalidCredentials
    user.password = new_hash
