"""What a deployment may not do or say, checked before anything else runs."""

import logging
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ImproperlyConfigured

DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses"  # noqa: S105 - refused in production
ENVIRONMENTS = ("development", "production")
MINIMUM_SECRET_LENGTH = 32
ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
RATE = re.compile(r"[1-9][0-9]*/(s|m|h|d)[a-z]*")


def require_safe(environment: str, *, secret_key: str, debug: bool, allowed_hosts: Sequence[str]) -> None:
    """Refuse settings that are only fit for a developer's machine.

    Raises:
        ImproperlyConfigured: the environment is unknown, or it is production and something is unsafe; the
            message names every variable that has to change.
    """
    if environment not in ENVIRONMENTS:
        raise ImproperlyConfigured(
            f"VITRINE_ENVIRONMENT={environment!r}: allowed are {', '.join(ENVIRONMENTS)}"
        )
    if environment != "production":
        return
    problems = []
    if secret_key == DEVELOPMENT_SECRET or len(secret_key) < MINIMUM_SECRET_LENGTH:
        problems.append(
            f"SECRET_KEY must be set to a random string of {MINIMUM_SECRET_LENGTH} characters or more"
        )
    if debug:
        problems.append("DEBUG must be off")
    if not allowed_hosts or "*" in allowed_hosts:
        problems.append("ALLOWED_HOSTS must name the hosts that are served, without *")
    if problems:
        raise ImproperlyConfigured("production refuses to start: " + "; ".join(problems))


def amount(name: str, text: str) -> Decimal:
    """Return the number, 0 or more, that the variable `name` says.

    Raises:
        ImproperlyConfigured: it says something else.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise ImproperlyConfigured(f"{name}={text!r}: must be a number, 0 or more")
    return value


def whole_number(name: str, text: str) -> int:
    """Return the whole number, 0 or more, that the variable `name` says.

    Raises:
        ImproperlyConfigured: it says something else.
    """
    if not (text.isascii() and text.isdigit()):
        raise ImproperlyConfigured(f"{name}={text!r}: must be a whole number, 0 or more")
    return int(text)


def log_level(name: str, text: str) -> str:
    """Return the level of logging that the variable `name` says.

    Raises:
        ImproperlyConfigured: there is no such level; the message names those that there are.
    """
    levels = logging.getLevelNamesMapping()
    if text.upper() not in levels:
        raise ImproperlyConfigured(f"{name}={text!r}: must be one of {', '.join(levels)}")
    return text.upper()


def require_rates(rates: Mapping[str, str]) -> None:
    """Refuse rates that no throttle understands; they are read only when a request comes.

    Raises:
        ImproperlyConfigured: naming the variable.
    """
    for scope, rate in rates.items():
        if not RATE.fullmatch(rate):
            raise ImproperlyConfigured(f"THROTTLE_{scope.upper()}={rate!r}: must be as in 100/hour")


def require_database(database: Mapping[str, object]) -> None:
    """Refuse an address of which nobody knows what kind of database it means.

    Raises:
        ImproperlyConfigured: it begins with no scheme that is known here.
    """
    if database.get("ENGINE") not in ENGINES:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql:// or sqlite:///")
