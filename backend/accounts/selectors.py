"""Reads of login sessions and of accounts."""

from datetime import datetime
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from backend.accounts.errors import AccountNotFound
from backend.accounts.models import Session, User, UserType
from backend.accounts.phones import phone_of
from backend.api.compiled_queries import CompiledQuery

# Other columns are loaded when a view reads them, which is rare.
_SESSION_COLUMNS = ("id", "user_id", "created_at", "expires_at", "second_factor_at")
_LEFT_OUT = {"password", "last_login", "source", "source_reference"}
_USER_COLUMNS = tuple(field.attname for field in User._meta.concrete_fields if field.attname not in _LEFT_OUT)

# Every request with an access token runs this query.
_not_ended = CompiledQuery(
    lambda session_id: Session.objects.filter(pk=session_id, ended_at=None, user__is_active=True).values_list(
        *_SESSION_COLUMNS, *(f"user__{name}" for name in _USER_COLUMNS)
    ),
    any_key=UUID(int=0),
    key_field=Session._meta.pk,
)


def active_session(session_id: UUID, *, now: datetime) -> Session | None:
    """Return the session with its user, or None if it has ended or expired, or the user is inactive."""
    rows = _not_ended.rows(session_id)
    if not rows:
        return None
    (row,) = rows
    count = len(_SESSION_COLUMNS)
    session = Session.from_db(DEFAULT_DB_ALIAS, _SESSION_COLUMNS, row[:count])
    session.user = User.from_db(DEFAULT_DB_ALIAS, _USER_COLUMNS, row[count:])
    return session if session.expires_at > now else None


def active_sessions_of(user_id: int, *, now: datetime) -> QuerySet[Session]:
    """Return the user's active sessions, the last used first."""
    used = Coalesce(F("last_used_at"), F("created_at"))
    return Session.objects.active(now=now).filter(user=user_id).order_by(used.desc(), "pk")


def staff() -> QuerySet[User]:
    """Return the members of staff, inactive ones too, by id."""
    return User.objects.filter(Q(is_staff=True) | Q(user_type=UserType.ADMIN)).order_by("pk")


def staff_member(account_id: int) -> User:
    """Return the member of staff, who may be inactive.

    Raises:
        AccountNotFound: there is no such account, or it isn't staff.
    """
    user = staff().filter(pk=account_id).first()
    if user is None:
        raise AccountNotFound(account_id=account_id)
    return user


def account_with(*, phone: str) -> User:
    """Return the account with the phone, in any notation.

    Raises:
        InvalidInput: the phone is invalid.
        AccountNotFound: no account has the phone.
    """
    user = User.objects.filter(phone=phone_of(phone)).first()
    if user is None:
        raise AccountNotFound(phone=phone)
    return user
