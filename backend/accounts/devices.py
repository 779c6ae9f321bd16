"""Devices that log in: what a session stores about one, and a short name by which its owner recognises it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest
from rest_framework.request import Request

from backend.api.addresses import client_address

LONGEST_USER_AGENT = 400
LONGEST_ADDRESS = 45
UNKNOWN_NAME = "Unknown device"
TOKEN_COOKIE = "device_token"  # noqa: S105 - a name
TOKEN_HEADER = "X-Device-Token"  # noqa: S105 - a name
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

# Browsers also name the browsers that they are compatible with, so more specific names come first.
_PROGRAMS: Sequence[tuple[str, str]] = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("okhttp/", "Android app"),
    ("CFNetwork/", "iOS app"),
    ("curl/", "curl"),
    ("python-", "Python"),
)
_SYSTEMS: Sequence[tuple[str, str]] = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Device:
    """The user agent and the address of a client, and the token of an earlier login; empty if unknown."""

    user_agent: str = ""
    address: str = ""
    token: str = field(default="", repr=False)


UNKNOWN_DEVICE = Device()


def device_of(request: Request | HttpRequest) -> Device:
    """Return the client that sent the request."""
    django_request: HttpRequest = request._request if isinstance(request, Request) else request
    headers: Mapping[str, str] = request.headers
    printable = "".join(filter(str.isprintable, headers.get("User-Agent", "")))
    return Device(
        user_agent=printable[:LONGEST_USER_AGENT],
        address=client_address(django_request)[:LONGEST_ADDRESS],
        token=_token(django_request),
    )


def _token(request: HttpRequest) -> str:
    sent = (request.headers.get(TOKEN_HEADER, ""), request.COOKIES.get(TOKEN_COOKIE, ""))
    return next((token for token in sent if _TOKEN.fullmatch(token)), "")


def device_name(user_agent: str) -> str:
    """Return the program and the operating system, such as `Firefox on Windows`."""
    program = _first(_PROGRAMS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if program and system:
        return f"{program} on {system}"
    return program or system or UNKNOWN_NAME


def _first(names: Sequence[tuple[str, str]], user_agent: str) -> str:
    return next((name for token, name in names if token in user_agent), "")
