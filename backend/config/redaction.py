"""Removes personal data and secrets from log lines.

A value is removed because of its name (`password`), or because it looks like a phone number, an e-mail
address or a token. Removing too much is harmless, so the patterns are broad.
"""

import re
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

REDACTED = "[redacted]"

_PRIVATE_WORDS = (
    "password",
    "passwd",
    "secret",
    "token",
    "authorization",
    "cookie",
    "otp",
    "credential",
    "signature",
    "api_key",
    "api-key",
    "apikey",
    "phone",
    "email",
    "e-mail",
    "first_name",
    "last_name",
    "birth",
    "street",
)
_NAMED = rf"[\w.-]*(?:{'|'.join(_PRIVATE_WORDS)})[\w.-]*"
_ASSIGNMENT = re.compile(
    rf"""(?P<name>["']?\b{_NAMED}["']?\s*[:=]\s*)"""
    r"""(?P<value>(?:bearer|basic)\s+\S+|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&"'}\])]+)""",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{4,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)*")
# The random texts that the shop makes have 43 characters.
_LONG_WORD = re.compile(r"(?<![\w-])[\w-]{40,}")
_HEXADECIMAL = re.compile(r"[0-9a-f]+", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@\"'<>(),;:/=]+@[\w-]+(?:\.[\w-]+)+")
_URL_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+@")
_DIGITS = re.compile(r"\d[\d ()./-]{5,}\d")
_PHONE = re.compile(
    r"(?<![\w.:/-])(?!\d{4}-\d\d-\d\d)"
    r"(?:\+?\(?\d(?:[ ()/-]{0,2}\d){7,16}|\(?\d{3}\)?[.]\d{3}[.]\d{4})(?![\w-]|[.:]\d)"
)
_IN_PATH = re.compile(r"(?<=/)(?:\+|%2B)?\d{10,15}(?=/|\s|$)")
_SIX_DIGITS = re.compile(r"(?<![\w-])\d{6}(?![\w-])")
_CODE_WORDS = ("code", "otp", "pin", "one-time")
# PostgreSQL quotes values of rows and parameters in these parts of a message.
_QUOTED_ROW = re.compile(r"(DETAIL|CONTEXT|Failing row contains|invalid input)\b:?[^\n]*")
_SHORTEST_SECRET = 6
_SHORTEST_OPAQUE = 40
# The shop itself makes these values, so they are not searched.
_SAFE = frozenset({"timestamp", "level", "logger", "request_id", "lineno", "user_id"})
_CODE_OF_AN_ERROR = re.compile(r"[a-z_]+|-?\d{1,3}")
"""The code of an error, a response or a process; other codes are one-time passwords and the like."""


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove personal data and secrets from the event (a structlog processor)."""
    for name, value in event.items():
        if name not in _SAFE:
            event[name] = _redacted(name, value)
    return event


def _redacted(name: str, value: object) -> object:
    match value:
        case None | bool():
            return value
        case Mapping():
            return {key: _redacted(str(key), inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_redacted(name, inner) for inner in value]
        case _ if _is_private(name.lower(), value):
            return REDACTED
        case int() | float():
            return value
        case _:
            return redact_text(str(value))


def _is_private(name: str, value: object) -> bool:
    if _has_any(_PRIVATE_WORDS, name):
        return True
    return "code" in name and not _CODE_OF_AN_ERROR.fullmatch(str(value))


def _has_any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


def redact_text(text: str) -> str:
    """Return the text without anything that looks like personal data or a secret."""
    if len(text) < _SHORTEST_SECRET:
        return text
    lowered = text.lower()
    if _has_any(_PRIVATE_WORDS, lowered):
        text = _ASSIGNMENT.sub(rf"\g<name>{REDACTED}", text)
    if "bearer" in lowered or "basic" in lowered:
        text = _CREDENTIALS.sub(rf"\1 {REDACTED}", text)
    if "eyJ" in text:
        text = _JWT.sub(REDACTED, text)
    if len(text) >= _SHORTEST_OPAQUE:
        text = _LONG_WORD.sub(_without_random_text, text)
        text = _QUOTED_ROW.sub(rf"\1: {REDACTED}", text)
    if "@" in text:
        text = _EMAIL.sub(REDACTED, _URL_PASSWORD.sub(rf"\1{REDACTED}@", text))
    if _DIGITS.search(text):
        text = _PHONE.sub(REDACTED, text)
    if "/" in text:
        text = _IN_PATH.sub(REDACTED, text)
    return _SIX_DIGITS.sub(REDACTED, text) if _has_any(_CODE_WORDS, lowered) else text


def _without_random_text(found: re.Match[str]) -> str:
    word = found[0]
    is_random = _HEXADECIMAL.fullmatch(word) or (word != word.lower() and any(map(str.isdigit, word)))
    return REDACTED if is_random else word


def redact_uncaught_exceptions() -> None:
    """Print exceptions that end a process or a thread without personal data and secrets."""
    sys.excepthook = _print_redacted
    threading.excepthook = _print_redacted_of_thread


def _print_redacted(kind: type[BaseException], error: BaseException, frames: TracebackType | None, /) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, frames)
        return
    sys.stderr.write(redact_text("".join(traceback.format_exception(kind, error, frames))))


def _print_redacted_of_thread(failed: threading.ExceptHookArgs, /) -> None:
    if failed.exc_value is not None:
        _print_redacted(failed.exc_type, failed.exc_value, failed.exc_traceback)
