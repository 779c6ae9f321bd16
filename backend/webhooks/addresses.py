"""Which addresses may receive events: the rules for URLs, ports and networks.

Receivers are chosen by sellers, so a URL or a name in DNS may point into the shop's own network.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

from backend.webhooks.errors import AddressRefused

Network = IPv4Network | IPv6Network
LONGEST_URL = 500
DEFAULT_PORTS = {"http": 80, "https": 443}

_VISIBLE = re.compile(r"[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
# Private, shared, loopback, link-local, protocol assignments, documentation, benchmarks, 6to4 relays,
# multicast, reserved (RFC 6890 and IANA's registry of special addresses).
_REFUSED_V4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
_GLOBAL_V6 = ip_network("2000::/3")
# Teredo and other protocols, documentation, 6to4, AS112, segment routing. Mapped addresses and NAT64
# (64:ff9b::/96, 64:ff9b:1::/48) are outside 2000::/3.
_REFUSED_V6 = [
    ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The parts of a URL: `host` is a name or an address without brackets, `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """What is allowed besides https to public addresses: plain http, ports (ranges), and networks."""

    http: bool
    ports: Sequence[tuple[int, int]]
    networks: Sequence[Network]

    @classmethod
    def from_settings(cls) -> "AddressPolicy":
        """Return the policy of the shop."""
        return cls(
            http=settings.WEBHOOK_HTTP,
            ports=[_range(text) for text in settings.WEBHOOK_PORTS],
            networks=[ip_network(text) for text in settings.WEBHOOK_NETWORKS],
        )

    def target_of(self, url: str) -> Target:
        """Return the parts of the URL; raises AddressRefused, whose text says what is wrong."""
        if len(url) > LONGEST_URL or not _VISIBLE.fullmatch(url):
            raise AddressRefused(f"must have at most {LONGEST_URL} characters, all of them visible ASCII")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise AddressRefused("is malformed") from error
        schemes = ("https", "http") if self.http else ("https",)
        if parts.scheme not in schemes:
            raise AddressRefused(f"must begin with {' or '.join(f'{name}://' for name in schemes)}")
        if "@" in parts.netloc or "\\" in url:
            raise AddressRefused("must not contain a user name, a password or a backslash")
        if parts.fragment or "#" in url:
            raise AddressRefused("must not contain a fragment")
        host = parts.hostname or ""
        if not host or not _HOST.fullmatch(f"[{host}]" if ":" in host else host):
            raise AddressRefused("must contain a host name or an address")
        port = DEFAULT_PORTS[parts.scheme] if port is None else port
        if not self._allows_port(port, scheme=parts.scheme):
            raise AddressRefused(f"has the port {port}, which is not allowed")
        self._check_literal(host)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(scheme=parts.scheme, host=host, port=port, path=path)

    def check(self, address: str) -> None:
        """Raise AddressRefused unless requests may be sent to the IP address."""
        found = ip_address(address)
        if any(found in network for network in self.networks):
            return
        if isinstance(found, IPv4Address):
            allowed = not any(found in network for network in _REFUSED_V4)
        else:
            allowed = _is_public(found)
        if not allowed:
            raise AddressRefused(f"leads to {found}, which is not a public address")

    def _check_literal(self, host: str) -> None:
        try:
            ip_address(host)
        except ValueError:
            return
        self.check(host)

    def _allows_port(self, port: int, *, scheme: str) -> bool:
        if self.http and port == DEFAULT_PORTS["http"] and scheme == "http":
            return True
        return any(first <= port <= last for first, last in self.ports)


def _is_public(address: IPv6Address) -> bool:
    return (
        address in _GLOBAL_V6
        and address.scope_id is None
        and not any(address in network for network in _REFUSED_V6)
    )


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last or first)
