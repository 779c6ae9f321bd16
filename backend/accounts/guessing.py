"""Limits on guessing passwords and codes; docs/decisions/guessing.md explains their design."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

import structlog
from django.db import transaction
from django.utils.crypto import salted_hmac

from backend.accounts.errors import TooManyAttempts
from backend.accounts.models import AttemptCount
from backend.api.addresses import counted_address, is_address

logger = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=2)
_KEY_SALT = "backend.accounts.guessing"
_ROUNDING = 1e-6


class AttemptKind(StrEnum):
    """What is guessed, and what attempts are counted by."""

    LOGIN = "login"
    KNOWN_DEVICE = "known_device"
    LOGIN_ADDRESS = "login_address"
    PASSWORD = "password"  # noqa: S105 - a kind
    SECOND_FACTOR = "second_factor"
    CODE_ADDRESS = "code_address"
    CODE_REQUEST_ADDRESS = "code_request_address"
    REGISTRATION_ADDRESS = "registration_address"
    EMAIL_REQUEST = "email_request"
    EMAIL_CODE = "email_code"


@dataclass(frozen=True, slots=True)
class Rule:
    """The attempts without a pause, the pauses after them, and the interval after which one is forgotten."""

    allowed: int
    first_pause: timedelta
    longest_pause: timedelta
    forgotten_after: timedelta

    def pause_after(self, attempts: int) -> timedelta:
        """Return how long the next attempt has to wait after this many."""
        over = attempts - self.allowed
        if over < 0:
            return timedelta(0)
        # The exponent is limited, so that it can't overflow.
        return min(self.first_pause * (1 << min(over, 20)), self.longest_pause)


_BY_IDENTITY = Rule(
    allowed=10,
    first_pause=timedelta(seconds=30),
    longest_pause=timedelta(hours=1),
    forgotten_after=timedelta(hours=1),
)
_BY_ADDRESS = Rule(
    allowed=20,
    first_pause=timedelta(seconds=10),
    longest_pause=timedelta(minutes=5),
    forgotten_after=timedelta(minutes=5),
)
RULES: Mapping[AttemptKind, Rule] = {
    AttemptKind.LOGIN: _BY_IDENTITY,
    AttemptKind.KNOWN_DEVICE: _BY_IDENTITY,
    AttemptKind.LOGIN_ADDRESS: _BY_ADDRESS,
    AttemptKind.PASSWORD: _BY_IDENTITY,
    AttemptKind.SECOND_FACTOR: _BY_IDENTITY,
    AttemptKind.CODE_ADDRESS: _BY_ADDRESS,
    AttemptKind.CODE_REQUEST_ADDRESS: Rule(
        allowed=10,
        first_pause=timedelta(minutes=1),
        longest_pause=timedelta(minutes=10),
        forgotten_after=timedelta(minutes=10),
    ),
    AttemptKind.REGISTRATION_ADDRESS: _BY_ADDRESS,
    AttemptKind.EMAIL_REQUEST: Rule(
        allowed=5,
        first_pause=timedelta(minutes=1),
        longest_pause=timedelta(minutes=15),
        forgotten_after=timedelta(minutes=15),
    ),
    AttemptKind.EMAIL_CODE: _BY_IDENTITY,
}


@dataclass(frozen=True, slots=True, order=True)
class Counted:
    """What an attempt is counted by: a kind, and a key such as a phone, an address or an id."""

    kind: AttemptKind
    key: str

    @property
    def stored_key(self) -> str:
        """Return a keyed hash of the key, which may be personal data."""
        return salted_hmac(_KEY_SALT, f"{self.kind} {self.key}", algorithm="sha256").hexdigest()


def by_address(kind: AttemptKind, address: str) -> Sequence[Counted]:
    """Return the count of the client's address, for IPv6 that of its /64; none if the address is unknown."""
    return (Counted(kind, counted_address(address)),) if is_address(address) else ()


def count_attempt(kind: AttemptKind, key: str, *, now: datetime) -> None:
    """Count an attempt, before the secret is checked; see `count_attempts`.

    Raises:
        TooManyAttempts: the key is paused.
    """
    count_attempts([Counted(kind, key)], now=now)


def count_attempts(counted: Sequence[Counted], *, now: datetime) -> None:
    """Count an attempt by all of `counted`, or by none of them if one is paused.

    The transaction must not be inside another one, which could be rolled back with the count.

    Raises:
        TooManyAttempts: at least one of them is paused.
    """
    if not counted:
        return
    with transaction.atomic(durable=True):
        rows = _locked(counted, now=now)
        # Without a pause both are the time of the last attempt, which may have begun after this one.
        paused = [row.paused_until for row in rows if row.paused_until > row.counted_at]
        paused_until = max(paused, default=now)
        if paused_until > now:
            raise TooManyAttempts(retry_after=ceil((paused_until - now).total_seconds()))
        for row in rows:
            rule = RULES[AttemptKind(row.kind)]
            row.attempts = _remaining(row, now=now) + 1
            pause = rule.pause_after(ceil(row.attempts - _ROUNDING))
            row.counted_at, row.paused_until = now, now + pause
            row.save(update_fields=["attempts", "counted_at", "paused_until"])
            if pause:
                logger.warning("guessing_paused", kind=row.kind, seconds=int(pause.total_seconds()))


def _locked(counted: Sequence[Counted], *, now: datetime) -> list[AttemptCount]:
    """Return the rows, locked in the order of their keys; create those that don't exist."""
    new = [
        AttemptCount(kind=each.kind, key=each.stored_key, counted_at=now, paused_until=now)
        for each in sorted(counted)
    ]
    # The update changes nothing, but locks a row that exists.
    AttemptCount.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["kind", "key"], update_fields=["kind"]
    )
    found = AttemptCount.objects.filter(key__in=[row.key for row in new])
    return list(found.select_for_update(of=("self",)).order_by("kind", "key"))


def _remaining(row: AttemptCount, *, now: datetime) -> float:
    """Return the attempts that are not forgotten."""
    # Requests are counted in another order than they began in.
    passed = max(now - row.counted_at, timedelta(0))
    return max(0.0, row.attempts - passed / RULES[AttemptKind(row.kind)].forgotten_after)


def reset_attempts(counted: Sequence[Counted]) -> None:
    """Forget all attempts, after a right secret."""
    AttemptCount.objects.filter(key__in=[each.stored_key for each in counted]).delete()


def take_back_attempt(counted: Sequence[Counted], *, now: datetime) -> None:
    """Take an attempt back that turned out to be right; `now` is the time at which it was counted."""
    with transaction.atomic():
        keys = [each.stored_key for each in counted]
        rows = AttemptCount.objects.select_for_update(of=("self",)).filter(key__in=keys)
        for row in rows.order_by("kind", "key"):
            row.attempts = max(0.0, row.attempts - 1)
            is_below = ceil(row.attempts - _ROUNDING) < RULES[AttemptKind(row.kind)].allowed
            if is_below or row.counted_at == now:
                row.paused_until = row.counted_at
            row.save(update_fields=["attempts", "paused_until"])


def forget_attempts(*, now: datetime) -> int:
    """Delete the counts of keys without an attempt in KEPT_FOR; return how many."""
    return AttemptCount.objects.filter(counted_at__lt=now - KEPT_FOR).delete()[0]
