"""Requests to receivers that are slow, lie, redirect, break off, or lead into a private network."""

import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from backend.webhooks import client as client_module
from backend.webhooks.addresses import AddressPolicy
from backend.webhooks.client import KEPT_BYTES, Client
from backend.webhooks.errors import NotSent
from tests.backend.webhooks.receiver import (
    OK,
    Answer,
    answers,
    certified,
    is_silent,
    receiver,
    repeats,
    sends,
)

LOCAL = AddressPolicy(http=True, ports=[(1, 65_535)], networks=[ip_network("127.0.0.0/8")])
PUBLIC = AddressPolicy(http=True, ports=[(1, 65_535)], networks=[])
HEAD = b"HTTP/1.1 200 OK\r\n"


def local(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def client(*, policy: AddressPolicy = LOCAL, seconds: float = 5.0, **options: Any) -> Client:
    return Client(policy=policy, seconds=seconds, **{"resolve": local, **options})


def post(sender: Client, port: int, *, scheme: str = "http", path: str = "/hook") -> client_module.Response:
    url = f"{scheme}://shop.example:{port}{path}"
    return sender.post(url, body=b'{"a": 1}', headers={"Content-Type": "application/json"})


def test_the_request_names_the_host_and_has_the_body() -> None:
    with receiver(answers("202 Accepted\r\nRetry-After: 7", "thanks")) as running:
        response = post(client(), running.port, path="/hook?shop=1")

    head, body = running.requests[0].split(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?shop=1 HTTP/1.1\r\n")
    assert running.headers()["host"] == f"shop.example:{running.port}"
    assert running.headers()["connection"] == "close"
    assert body == b'{"a": 1}'
    assert (response.status, response.retry_after, response.body) == (202, "7", b"thanks")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answers("302 Found\r\nLocation: http://127.0.0.1/"), id="temporary"),
        pytest.param(answers("308 Permanent Redirect\r\nLocation: https://shop.example/"), id="permanent"),
    ],
)
def test_redirects_are_not_followed(answer: Answer) -> None:
    with receiver(answer) as running:
        assert post(client(), running.port).status in (302, 308)
        assert running.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(repeats(HEAD + b"Content-Length: 9000000000\r\n\r\n", b"x" * 65_536), id="huge"),
        pytest.param(
            repeats(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), id="endless chunks"
        ),
        pytest.param(sends(HEAD + b"Content-Length: 100\r\n\r\n", b"x"), id="closes within the body"),
        pytest.param(sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n"), id="malformed chunk"),
        pytest.param(sends(HEAD + b"\r\n"), id="no length"),
    ],
)
def test_a_complete_head_decides_whatever_the_body_does(answer: Answer) -> None:
    with receiver(answer) as running:
        response = post(client(), running.port)

    assert response.status == 200
    assert len(response.body) <= KEPT_BYTES
    assert set(response.body) <= set(b"x")


def test_a_body_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "BODY_SECONDS", 0.1)
    with receiver(repeats(HEAD + b"Content-Length: 4000\r\n\r\n", b"x", pause=0.02)) as running:
        response = post(client(seconds=60.0), running.port)

    assert response.status == 200
    assert 0 < len(response.body) < 4_000


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(is_silent, id="silent"),
        pytest.param(repeats(b"HTTP/1.1 200 OK\r\nX-A: ", b"a", pause=0.02), id="a header that drips"),
        pytest.param(repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.02), id="endless continue"),
    ],
)
def test_everything_until_the_head_is_complete_has_one_deadline(answer: Answer) -> None:
    with receiver(answer) as running, pytest.raises(NotSent, match=r"No response within 0\.2 seconds"):
        post(client(seconds=0.2), running.port)


def test_a_name_server_that_does_not_answer_uses_up_the_deadline() -> None:
    answered = threading.Event()

    def hangs(host: str, port: int) -> Sequence[str]:
        answered.wait(30)
        return []

    with pytest.raises(NotSent, match=r"No response within 0\.1 seconds"):
        post(client(seconds=0.1, resolve=hangs), 80)
    answered.set()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(sends(b"HTTP/1.1 200 OK\r\nX-A: "), id="within the head"),
        pytest.param(sends(), id="at once"),
        pytest.param(sends(b"SSH-2.0-OpenSSH\r\n"), id="another protocol"),
        pytest.param(repeats(HEAD, b"X-A: b\r\n"), id="endless headers"),
    ],
)
def test_without_a_complete_head_nothing_is_acknowledged(answer: Answer) -> None:
    with receiver(answer) as running, pytest.raises(NotSent):
        post(client(), running.port)


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent, match="ConnectionRefusedError"):
        post(client(), port)


def test_the_next_address_is_tried_if_one_refuses() -> None:
    with receiver(OK) as running:
        sender = client(resolve=lambda host, port: ["127.0.0.9", "127.0.0.1"])
        assert post(sender, running.port).status == 200


def test_a_name_that_leads_into_a_private_network_gets_no_connection() -> None:
    with receiver(OK) as running:
        mixed = client(policy=PUBLIC, resolve=lambda host, port: ["93.184.215.14", "127.0.0.1"])
        with pytest.raises(NotSent, match=r"leads to 127\.0\.0\.1, which is not a public address"):
            post(mixed, running.port)
        assert running.connections == 0


def test_the_connection_is_made_to_the_address_that_was_checked() -> None:
    resolved: list[str] = []

    def changes(host: str, port: int) -> Sequence[str]:
        resolved.append(host)
        return ["127.0.0.1"] if len(resolved) == 1 else ["127.0.0.9"]

    with receiver(OK) as running:
        assert post(client(resolve=changes), running.port).status == 200
    assert resolved == ["shop.example"]


def test_proxies_in_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(OK) as proxy, receiver(OK) as running:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        post(client(), running.port)
        assert (proxy.connections, running.connections) == (0, 1)


def test_the_certificate_is_that_of_the_name(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path, "shop.example")
    with receiver(OK, tls=server) as running:
        assert post(client(tls=lambda: trusting), running.port, scheme="https").status == 200
        with pytest.raises(NotSent, match="certificate is not valid"):
            post(client(), running.port, scheme="https")


def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path, "other.example")
    with receiver(OK, tls=server) as running:
        with pytest.raises(NotSent, match="certificate is not valid: Hostname mismatch"):
            post(client(tls=lambda: trusting), running.port, scheme="https")
        assert running.requests == []


def test_a_handshake_that_hangs_ends_at_the_deadline(tmp_path: Path) -> None:
    with receiver(is_silent) as running, pytest.raises(NotSent, match=r"No response within 0\.2 seconds"):
        post(client(seconds=0.2), running.port, scheme="https")
