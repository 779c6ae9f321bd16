"""What the headers of a request say about the client: its class of device, and whether it is a known bot.

Bots are known by the patterns of the package crawler-user-agents, which are matched with the User-Agent.
Clients can send any headers, so this tells honest clients apart and isn't a protection.
"""

import itertools
import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

DESKTOP: Final = "desktop"
MOBILE: Final = "mobile"
TABLET: Final = "tablet"
OTHER: Final = "other"

# One pattern of all takes twice as long.
_PATTERNS_AT_ONCE = 25
# Longer headers are cut: the patterns are tried at each position, and the answers are kept.
_LONGEST = 400
_KEPT = 4_096
# These patterns of the list also match shoppers: apps for Android use this HTTP client, and the other is the
# browser in Facebook's app.
_SHOPPERS: Final = frozenset({"okhttp", "MetaIAB Facebook"})

# The first that matches decides. Tablets with iPadOS call themselves Macintosh.
_DEVICES: Final = (
    (
        re.compile(r"smart-?tv|appletv|googletv|hbbtv|\bcrkey\b|playstation|xbox|nintendo", re.IGNORECASE),
        OTHER,
    ),
    (re.compile(r"iPad|Tablet|Kindle|\bSilk/|PlayBook"), TABLET),
    (re.compile(r"iPhone|iPod|Windows Phone|Android.*\bMobile\b|\bMobile\b.*Firefox|Opera Mini"), MOBILE),
    (re.compile(r"Android"), TABLET),
    (re.compile(r"Windows NT|Macintosh|X11|CrOS"), DESKTOP),
    (re.compile(r"CFNetwork|okhttp"), MOBILE),
)
_DESKTOP_PLATFORMS: Final = frozenset({"Windows", "macOS", "Linux", "Chrome OS", "Chromium OS"})


class ClientKind(NamedTuple):
    """A class of device (`desktop`, `mobile`, `tablet` or `other`), and whether it is a known bot."""

    device: str = ""
    is_bot: bool = False


UNKNOWN: Final = ClientKind()
"""Of what no client requested."""


def kind_of(user_agent: str, *, mobile: str = "", platform: str = "") -> ClientKind:
    """Return what these headers say; the answers for the last clients are kept.

    `mobile` and `platform` are the client hints Sec-CH-UA-Mobile (`?0` or `?1`) and Sec-CH-UA-Platform (a
    quoted name), empty if they weren't sent.
    """
    return _kind_of(user_agent[:_LONGEST], mobile[:2], platform[:20])


@lru_cache(maxsize=_KEPT)
def _kind_of(user_agent: str, mobile: str, platform: str) -> ClientKind:
    is_bot = any(patterns.search(user_agent) for patterns in _bots())
    return ClientKind(_device(user_agent, mobile=mobile, platform=platform.strip('"')), is_bot)


def _device(user_agent: str, *, mobile: str, platform: str) -> str:
    if mobile == "?1":
        return MOBILE
    if mobile == "?0" and platform in _DESKTOP_PLATFORMS:
        return DESKTOP
    return next((device for pattern, device in _DEVICES if pattern.search(user_agent)), OTHER)


@cache
def _bots() -> list[re.Pattern[str]]:
    # Imported at the first use: the package reads its list when it is imported.
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # noqa: PLC0415

    patterns = (each["pattern"] for each in CRAWLER_USER_AGENTS_DATA)
    remaining = (f"(?:{each})" for each in patterns if each not in _SHOPPERS)
    chunks = iter(lambda: list(itertools.islice(remaining, _PATTERNS_AT_ONCE)), [])
    return [re.compile("|".join(chunk)) for chunk in chunks]
