"""The domain and the origin for which passkeys are registered, by default."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """A domain, and the origin of its pages, such as `https://shop.example`."""

    domain: str
    origin: str


def relying_party(public_url: str) -> RelyingParty:
    """Return the relying party of a shop at `public_url`.

    Browsers accept no passkeys for an IP address, so `localhost` replaces a loopback address.
    """
    parts = urlsplit(public_url)
    domain = parts.hostname or "localhost"
    if _is_loopback(domain):
        domain = "localhost"
    port = f":{parts.port}" if parts.port else ""
    return RelyingParty(domain=domain, origin=f"{parts.scheme}://{domain}{port}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
