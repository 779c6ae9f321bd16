"""Devices that log in: what a session stores about one, and a short name by which its owner recognises it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rest_framework.request import Request

from backend.api.addresses import client_address

LONGEST_USER_AGENT = 400
LONGEST_ADDRESS = 45
UNKNOWN = "Unknown device"

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
    """The user agent and the address of a client; empty if they are unknown."""

    user_agent: str = ""
    address: str = ""


def device_of(request: Request) -> Device:
    """Return the client that sent the request."""
    headers: Mapping[str, str] = request.headers
    printable = "".join(filter(str.isprintable, headers.get("User-Agent", "")))
    return Device(
        user_agent=printable[:LONGEST_USER_AGENT],
        address=client_address(request._request)[:LONGEST_ADDRESS],
    )


def device_name(user_agent: str) -> str:
    """Return the program and the operating system, such as `Firefox on Windows`."""
    program = _first(_PROGRAMS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if program and system:
        return f"{program} on {system}"
    return program or system or UNKNOWN


def _first(names: Sequence[tuple[str, str]], user_agent: str) -> str:
    return next((name for token, name in names if token in user_agent), "")
