"""Keys of the networks from which events are sent: equal within a day, and meaningless afterwards.

Training limits the weight of each source, so it must know which events came from the same network, but no
address may be stored. A key is a hash of the network's prefix with a random salt. Each day (UTC) has its own
salt, which exists only in Redis and expires after two days: then not even the shop can find out which network
a key stands for, or which keys of two days belong to the same network. docs/decisions/abuse.md says more.
"""

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from analytics_pipeline.redis_client import Connection
from analytics_pipeline.settings import PipelineSettings

SALT_KEPT_FOR = timedelta(days=2)
# Networks of these sizes are often assigned to one customer, who would have many keys with longer prefixes.
IPV4_PREFIX = 24
IPV6_PREFIX = 48
UNKNOWN = 0
_SALT_BYTES = 32
_PREFIX = "vitrine:source_salt:"


class SourceKeys:
    """The salts of today, fetched from Redis once a day by each process."""

    def __init__(self, settings: PipelineSettings, *, timeout_seconds: float) -> None:
        self._connection = Connection(settings, timeout_seconds=timeout_seconds)
        self._day: date | None = None
        self._key_of: Callable[[str], int] = _unknown

    def of(self, address: str, *, now: datetime) -> int:
        """Return the key of the address's network, UNKNOWN if it isn't an IP address.

        Raises:
            StreamUnavailable: Redis doesn't respond, and this process hasn't read today's salt yet.
        """
        day = now.date()
        if day != self._day:
            salt = self._connection.call(lambda client: _salt(client, day))
            self._key_of = lru_cache(maxsize=4_096)(lambda known: source_key(known, salt=salt))
            self._day = day
        return self._key_of(address)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


def source_key(address: str, *, salt: bytes) -> int:
    """Return 64 bits of a hash of the address's network with this salt; UNKNOWN if it isn't an IP address."""
    network = network_of(address, ipv4_prefix=IPV4_PREFIX, ipv6_prefix=IPV6_PREFIX)
    if network is None:
        return UNKNOWN
    digest = blake2b(network.encode(), key=salt, digest_size=8).digest()
    return int.from_bytes(digest) or 1


def network_of(address: str, *, ipv4_prefix: int, ipv6_prefix: int) -> str | None:
    """Return the network of the address with one of these prefixes; None if it isn't an IP address.

    An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is in the network of the IPv4 address.
    """
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    prefix = ipv4_prefix if isinstance(parsed, IPv4Address) else ipv6_prefix
    return str(ip_network(f"{parsed}/{prefix}", strict=False))


def _salt(client: Any, day: date) -> bytes:
    """Return the day's salt; the first process that asks makes it."""
    key = f"{_PREFIX}{day.isoformat()}"
    client.set(key, secrets.token_bytes(_SALT_BYTES), nx=True, ex=SALT_KEPT_FOR)
    return bytes(client.get(key))


def _unknown(_: str) -> int:
    return UNKNOWN
