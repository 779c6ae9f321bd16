"""Reads and validates environment variables."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from ipaddress import ip_network
from itertools import pairwise
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

from backend.api import money
from backend.api.numbers import is_number
from indexing.numeric import MAX_NUMERIC, NumericAttribute, numeric_attributes

T = TypeVar("T")

DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses"  # noqa: S105 - refused in production
ENVIRONMENTS = ("development", "production")
MINIMUM_SECRET_LENGTH = 32
_RANDOM_SECRET = (
    f"a random string of {MINIMUM_SECRET_LENGTH} characters or more, such as the output of "
    '`python -c "import secrets; print(secrets.token_urlsafe(48))"`'
)
_FEWEST_CHARACTERS = 8
"""One in a thousand keys of 32 random digits has fewer different characters."""
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_RATE = re.compile(r"[1-9][0-9]*/(s|m|h|d)[a-z]*")
_PREFIX = re.compile(r"[A-Z0-9][A-Z0-9-]{0,9}")
_DATABASES = ("sqlite", "postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class Variables:
    """The environment variables of a process.

    An empty variable counts as not set, because docker compose passes unset variables that way. Every method
    takes a name and a default.

    Raises:
        ImproperlyConfigured: the variable's value is invalid; the message names it.
    """

    environ: Mapping[str, str]

    def text(self, name: str, default: str) -> str:
        """Return the value unchanged."""
        return self.environ.get(name) or default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        text = self.text(name, str(default)).lower()
        if text not in _TRUE | _FALSE:
            raise _invalid(name, text, "must be true or false")
        return text in _TRUE

    def words(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """Return a comma-separated list."""
        text = self.text(name, ",".join(default))
        return [word.strip() for word in text.split(",") if word.strip()]

    def lines(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """Return the lines of a text, which are separated by semicolons."""
        text = self.text(name, ";".join(default))
        return [line.strip() for line in text.split(";") if line.strip()]

    def ports(self, name: str, default: Sequence[str]) -> list[str]:
        """Return a comma-separated list of ports and ranges of ports, such as `443` and `8000-8999`."""

        def parse(text: str) -> list[str]:
            words = [word.strip() for word in text.split(",") if word.strip()]
            for word in words:
                first, _, last = word.partition("-")
                if not 0 < int(first) <= int(last or first) < 65_536:
                    raise ValueError(word)
            return words

        return self._parsed(name, ",".join(default), parse, "must be ports and ranges, such as 443,8000-8999")

    def networks(self, name: str) -> list[str]:
        """Return a comma-separated list of IP networks."""

        def parse(text: str) -> list[str]:
            words = [word.strip() for word in text.split(",") if word.strip()]
            return [str(ip_network(word)) for word in words]

        return self._parsed(name, "", parse, "must be networks, such as 10.1.0.0/16,127.0.0.0/8")

    def prefix(self, name: str, default: str) -> str:
        """Return the beginning of a series of numbers."""

        def parse(text: str) -> str:
            if not _PREFIX.fullmatch(text):
                raise ValueError(text)
            return text

        return self._parsed(name, default, parse, "must have 1 to 10 of A-Z, 0-9 and hyphens, such as INV")

    def number(self, name: str, default: str) -> Decimal:
        """Return a number, 0 or more."""
        return self._parsed(name, default, _amount, "must be a number, 0 or more")

    def share(self, name: str, default: str, *, most: float) -> float:
        """Return a share, from 0 to `most`."""
        return self._parsed(name, default, lambda text: _share(text, most=most), f"must be from 0 to {most}")

    def shares(self, name: str, *, most: float) -> dict[str, float]:
        """Return shares by name."""

        def parse(text: str) -> dict[str, float]:
            named = [one.partition(":") for one in text.split(",") if one.strip()]
            return {one.strip(): _share(value.strip(), most=most) for one, _, value in named}

        return self._parsed(name, "", parse, f"must list shares from 0 to {most}, such as user:0.2,cart:0.1")

    def optional_number(self, name: str) -> Decimal | None:
        """Return a number, 0 or more, or None if the variable is not set."""
        return self.number(name, "") if self.text(name, "") else None

    def currency(self, name: str, default: str) -> str:
        """Return an ISO 4217 currency code."""

        def parse(text: str) -> str:
            money.exponent(text)
            return text

        return self._parsed(name, default, parse, "must be an ISO 4217 currency code, such as EUR")

    def numeric_attributes(self, name: str) -> tuple[NumericAttribute, ...]:
        """Return attributes with numbers, each with the unit that is shown."""
        problem = f"must list up to {MAX_NUMERIC} attributes with known units, such as weight:kg,pieces"
        return self._parsed(name, "", numeric_attributes, problem)

    def whole(self, name: str, default: int, *, least: int = 0) -> int:
        """Return a whole number, `least` or more."""

        def parse(text: str) -> int:
            if not (text.isascii() and text.isdigit()) or int(text) < least:
                raise ValueError(text)
            return int(text)

        return self._parsed(name, str(default), parse, f"must be a whole number, {least} or more")

    def rate(self, name: str, default: str) -> str:
        """Return a rate for throttles, which would report an invalid one only at the first request."""

        def parse(text: str) -> str:
            if not _RATE.fullmatch(text):
                raise ValueError(text)
            return text

        return self._parsed(name, default, parse, "must be a rate, such as 100/hour")

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the values in `allowed`."""

        def parse(text: str) -> str:
            if text not in allowed:
                raise ValueError(text)
            return text

        return self._parsed(name, default, parse, f"must be one of {', '.join(allowed)}")

    def log_level(self, name: str, default: str) -> str:
        """Return the name of a log level."""
        levels = logging.getLevelNamesMapping()

        def parse(text: str) -> str:
            if text.upper() not in levels:
                raise ValueError(text)
            return text.upper()

        return self._parsed(name, default, parse, f"must be one of {', '.join(levels)}")

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Return Django's settings for the database at a URL."""
        address = self.text(name, default)
        if address.partition("://")[0] not in _DATABASES:
            raise ImproperlyConfigured(f"{name} must begin with postgresql:// or sqlite:///")
        return dict(environ.Env.db_url_config(address))

    def _parsed(self, name: str, default: str, parse: Callable[[str], T], expected: str) -> T:
        text = self.text(name, default)
        try:
            return parse(text)
        except (ValueError, InvalidOperation) as error:
            raise _invalid(name, text, expected) from error


def _amount(text: str) -> Decimal:
    if not is_number(text) or Decimal(text) < 0:
        raise ValueError(text)
    return Decimal(text)


def _share(text: str, *, most: float) -> float:
    number = float(_amount(text))
    if number > most:
        raise ValueError(text)
    return number


def _invalid(name: str, text: str, expected: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}={text!r}: {expected}")


def looks_random(secret: str) -> bool:
    """Return whether the text has many different characters, and is no repetition or sequence of them."""
    pairs = list(pairwise(secret))
    steps = {ord(after) - ord(before) for before, after in pairs}
    return (
        len(set(secret)) >= _FEWEST_CHARACTERS
        and len(steps) >= _FEWEST_CHARACTERS
        and len(set(pairs)) > len(pairs) / 2
    )


def require_safe(environment: str, *, secret_key: str, debug: bool, allowed_hosts: Sequence[str]) -> None:
    """Refuse settings that are unsafe in production.

    Raises:
        ImproperlyConfigured: the environment is unknown, or it is production and a setting is unsafe; the
            message names every variable that must change.
    """
    if environment not in ENVIRONMENTS:
        raise _invalid("VITRINE_ENVIRONMENT", environment, f"must be one of {', '.join(ENVIRONMENTS)}")
    if environment != "production":
        return
    problems = []
    if secret_key == DEVELOPMENT_SECRET or len(secret_key) < MINIMUM_SECRET_LENGTH:
        problems.append(f"SECRET_KEY must be set to {_RANDOM_SECRET}")
    elif not looks_random(secret_key):
        problems.append(f"SECRET_KEY repeats itself or is a sequence; set it to {_RANDOM_SECRET}")
    if debug:
        problems.append("DEBUG must be off")
    if not allowed_hosts or "*" in allowed_hosts:
        problems.append("ALLOWED_HOSTS must name the hosts that are served, without *")
    if problems:
        raise ImproperlyConfigured("production refuses to start: " + "; ".join(problems))
