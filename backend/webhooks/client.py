"""Sends a request to an address that was checked, within a deadline that covers everything.

The name is resolved once, and the connection is made to the address that was checked, so a name that
resolves differently a moment later has no effect. Redirects are not followed; proxies are not used.
"""

import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, RemoteDisconnected

from backend.webhooks.addresses import DEFAULT_PORTS, AddressPolicy, Target
from backend.webhooks.errors import AddressRefused, NotSent

DEADLINE_SECONDS = 15.0
BODY_SECONDS = 2.0
"""How long the body of a response is read; its head has decided already."""
KEPT_BYTES = 4_096
TRIED_ADDRESSES = 3

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a receiver answered; `body` has at most KEPT_BYTES. `retry_after` is the header's text."""

    status: int
    retry_after: str
    body: bytes


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of the name; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Sends requests under a policy; the other fields are replaced by tests."""

    policy: AddressPolicy
    resolve: Resolve = resolve
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    seconds: float = DEADLINE_SECONDS

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send a POST request, and return the response.

        Raises:
            NotSent: there was no complete head of a response in time, or the address is refused.
        """
        deadline = Deadline(self.seconds)
        try:
            target = self.policy.target_of(url)
            addresses = self._addresses(target, deadline=deadline)
            return _exchange(
                target,
                self._connected(target, addresses=addresses, deadline=deadline),
                body=body,
                headers=headers,
                deadline=deadline,
            )
        except AddressRefused as error:
            raise NotSent(f"The URL {error}.") from error
        except TimeoutError as error:
            raise NotSent(f"No response within {self.seconds:g} seconds.") from error
        except ssl.SSLCertVerificationError as error:
            raise NotSent(f"The certificate is not valid: {error.verify_message}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error

    def _addresses(self, target: Target, *, deadline: "Deadline") -> Sequence[str]:
        found = _in_time(lambda: self.resolve(target.host, target.port), deadline=deadline)
        for address in found:
            self.policy.check(address)
        return found[:TRIED_ADDRESSES]

    def _connected(self, target: Target, *, addresses: Sequence[str], deadline: "Deadline") -> socket.socket:
        """Return a connection to the first address that accepts one; raises OSError."""
        for left in range(len(addresses), 0, -1):
            address = addresses[-left]
            try:
                plain = socket.create_connection((address, target.port), timeout=deadline.left() / left)
                break
            except OSError:
                if left == 1:
                    raise
        else:
            raise OSError("the name has no address")
        if target.scheme == "http":
            return plain
        plain.settimeout(deadline.left())
        try:
            return self.tls().wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise


class Deadline:
    """The end of a request, measured by a clock that is never set."""

    def __init__(self, seconds: float) -> None:
        """Begin now."""
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError if there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def shorten(self, seconds: float) -> None:
        """End after so many seconds from now, if that is earlier."""
        self._end = min(self._end, time.monotonic() + seconds)


def _in_time(work: Callable[[], Sequence[str]], *, deadline: Deadline) -> Sequence[str]:
    """Return the result of a function that has no timeout of its own; it may continue in its thread."""
    results: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put(work())
        except (OSError, ValueError) as error:
            results.put(error)

    threading.Thread(target=run, name="webhook-resolver", daemon=True).start()
    try:
        result = results.get(timeout=deadline.left())
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(result, Exception):
        raise result
    return result


class _BoundedReader(io.RawIOBase):
    """Reads from a socket; every read ends at the deadline, however many bytes it takes to fill a line."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._socket, self._deadline = connection, deadline
        self.has_ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        self._socket.settimeout(self._deadline.left())
        read = self._socket.recv_into(buffer)  # type: ignore[arg-type] # a buffer, which RawIOBase doesn't say
        self.has_ended = read == 0
        return read


class _BoundedSocket:
    """The part of a socket that `http.client` uses."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = connection, deadline
        self.reader = _BoundedReader(connection, deadline)

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._deadline.left())
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self.reader)

    def close(self) -> None:
        """Do nothing: the connection is closed after the body was read."""


def _exchange(
    target: Target,
    connection: socket.socket,
    *,
    body: bytes,
    headers: Mapping[str, str],
    deadline: Deadline,
) -> Response:
    host = f"[{target.host}]" if ":" in target.host else target.host
    is_default = target.port == DEFAULT_PORTS[target.scheme]
    http = HTTPConnection(target.host, target.port)
    http.sock = bounded = _BoundedSocket(connection, deadline)
    try:
        http.request(
            "POST",
            target.path,
            body=body,
            headers={
                "Host": host if is_default else f"{host}:{target.port}",
                "Connection": "close",
                **headers,
            },
        )
        response = http.getresponse()
        if bounded.reader.has_ended:
            # `http.client` takes the end of the connection for the end of the head.
            raise RemoteDisconnected("the connection ended within the head of the response")
        return Response(
            status=response.status,
            retry_after=response.headers.get("Retry-After", ""),
            body=_beginning(response, deadline=deadline),
        )
    finally:
        http.close()
        connection.close()


def _beginning(response: HTTPResponse, *, deadline: Deadline) -> bytes:
    """Return the first bytes of the body, or what arrived of them."""
    deadline.shorten(BODY_SECONDS)
    kept = b""
    try:
        while len(kept) < KEPT_BYTES and (read := response.read1(KEPT_BYTES - len(kept))):
            kept += read
    except (OSError, HTTPException, ValueError):
        # The head has decided; a body that breaks off says nothing about it.
        return kept
    return kept
