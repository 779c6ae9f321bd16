"""A receiver of webhooks: a real TCP server, with or without TLS, that answers as a test wants."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[socket.socket], None]


def answers(head: str, body: str = "") -> Answer:
    """Return an answer with the status and headers of `head`, such as `200 OK`, and the body."""
    text = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return lambda connection: connection.sendall(text.encode())


def sends(*parts: bytes) -> Answer:
    """Return an answer that sends these bytes and closes the connection."""

    def answer(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return answer


def repeats(beginning: bytes, part: bytes, *, pause: float = 0.0) -> Answer:
    """Return an answer that never ends: `part` again and again, until the sender closes the connection."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(beginning)
        connection.settimeout(pause or None)
        while True:
            connection.sendall(part)
            if pause:
                try:
                    if not connection.recv(1):
                        return
                except TimeoutError:
                    continue

    return answer


def is_silent(connection: socket.socket) -> None:
    """Read the request, and answer nothing until the sender closes the connection."""
    connection.recv(1)


OK = answers("200 OK")


@dataclass
class Receiver:
    """Requests that arrived, and the answers to the next ones; the last answer is repeated."""

    port: int
    answers: list[Answer]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def headers(self, number: int = -1) -> dict[str, str]:
        """Return the headers of a request, by their names in lower case."""
        head, _, _ = self.requests[number].partition(b"\r\n\r\n")
        lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
        return {name.lower(): value for name, _, value in lines}

    def body(self, number: int = -1) -> bytes:
        """Return the body of a request."""
        return self.requests[number].partition(b"\r\n\r\n")[2]

    def serve(self, connection: socket.socket) -> None:
        """Read a request, and answer it."""
        received = b""
        while b"\r\n\r\n" not in received and (read := connection.recv(65_536)):
            received += read
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[16:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: ")),
            0,
        )
        while len(body) < length and (read := connection.recv(65_536)):
            body += read
        self.requests.append(head + b"\r\n\r\n" + body)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer(connection)


@contextmanager
def receiver(*answered: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver on a free port of 127.0.0.1."""
    listener = socket.create_server(("127.0.0.1", 0))
    running = Receiver(listener.getsockname()[1], list(answered) or [OK])

    def handle(plain: socket.socket) -> None:
        running.connections += 1
        try:
            with plain, tls.wrap_socket(plain, server_side=True) if tls else plain as connection:
                running.serve(connection)
        except OSError:
            # The sender closed the connection.
            return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        # On Linux, closing a socket doesn't wake a thread that accepts from it.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server with a certificate for `name`, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))
