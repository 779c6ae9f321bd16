"""Which URLs and addresses may receive events."""

from ipaddress import ip_network

import pytest

from backend.webhooks.addresses import AddressPolicy
from backend.webhooks.errors import AddressRefused

POLICY = AddressPolicy(http=False, ports=[(443, 443), (8_000, 8_999)], networks=[])

PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"]
REFUSED = {
    "0.0.0.0": "this host",
    "10.1.2.3": "private",
    "100.64.0.1": "shared (CGNAT)",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "169.254.169.254": "link-local, where clouds have their metadata",
    "172.31.255.255": "private",
    "192.0.0.192": "protocol assignments",
    "192.168.0.1": "private",
    "192.88.99.1": "relays of 6to4",
    "198.18.0.1": "benchmarks",
    "203.0.113.1": "documentation",
    "224.0.0.1": "multicast",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::ffff:127.0.0.1": "mapped",
    "::ffff:1.1.1.1": "mapped",
    "::127.0.0.1": "compatible",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b:1::1": "local NAT64",
    "100::1": "discarded",
    "2001::1": "Teredo",
    "2001:db8::1": "documentation",
    "2002:7f00:1::1": "6to4",
    "fc00::1": "unique local",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local with a zone",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    POLICY.check(address)


@pytest.mark.parametrize("address", REFUSED)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        POLICY.check(address)


def test_a_named_network_is_allowed() -> None:
    policy = AddressPolicy(http=False, ports=[(443, 443)], networks=[ip_network("10.1.0.0/16")])

    policy.check("10.1.2.3")
    with pytest.raises(AddressRefused):
        policy.check("10.2.0.1")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://shop.example", ("shop.example", 443, "/")),
        ("https://SHOP.example:8443/a%20b?c=d", ("shop.example", 8_443, "/a%20b?c=d")),
        ("https://[2606:4700:4700::1111]/", ("2606:4700:4700::1111", 443, "/")),
    ],
)
def test_the_parts_of_a_url(url: str, parts: tuple[str, int, str]) -> None:
    target = POLICY.target_of(url)

    assert (target.host, target.port, target.path) == parts


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "ftp://shop.example/",
        "//shop.example/",
        "https:///path",
        "https://user@shop.example/",
        "https://user:secret@shop.example/",
        "https://shop.example@127.0.0.1/",
        "https://shop.example:22/",
        "https://shop.example:99999/",
        "https://shop.example:x/",
        "https://shop.example/#part",
        "https://shop.example\\@127.0.0.1/",
        "https://shop.example/\r\nX-A: b",
        "https://shop.example/a b",
        "https://sh\N{LATIN SMALL LETTER O WITH DIAERESIS}p.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        f"https://shop.example/{'a' * 500}",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        POLICY.target_of(url)
