"""The address of the client, for the request log and the throttles."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest
from rest_framework.settings import api_settings


def client_address(request: HttpRequest) -> str:
    """Return the address of the client that sent the request.

    Only the last NUM_PROXIES entries of X-Forwarded-For are trusted: each proxy appends the address that it
    saw, and a client can send any entries before them.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "")
    proxies = api_settings.NUM_PROXIES or 0
    if proxies == 0:
        return peer
    entries = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")
    entry = entries[-min(proxies, len(entries))].strip()
    return entry if is_address(entry) else peer


@lru_cache(maxsize=4_096)
def counted_address(address: str) -> str:
    """Return what throttles count an address as: an IPv4 address itself, of an IPv6 address its /64.

    A customer of a provider has at least 2^64 IPv6 addresses. An IPv4 address that is written as IPv6
    (`::ffff:192.0.2.1`) is counted as that address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network(f"{parsed.compressed.partition('%')[0]}/64", strict=False))


def network_of(address: str) -> str:
    """Return the network of the address, which many clients share: the /24 of IPv4, the /48 of IPv6."""
    try:
        parsed = ip_address(counted_address(address).partition("/")[0])
    except ValueError:
        return ""
    return str(ip_network(f"{parsed}/{48 if isinstance(parsed, IPv6Address) else 24}", strict=False))


def is_address(text: str) -> bool:
    """Return whether the text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
