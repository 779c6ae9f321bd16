"""A mail server on loopback, which a test can let refuse, hang or break off at any step."""

import socketserver
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum, auto

DEADLINE_SECONDS = 30.0
REACHED_SECONDS = 120.0
STEPS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "MESSAGE", "ACCEPTED")
"""MESSAGE is reached when the message has arrived, ACCEPTED when it is stored and not confirmed yet."""


class Break(Enum):
    """How the server stops responding at a step."""

    HANG = auto()
    CLOSE = auto()


@dataclass
class MailServer:
    """The server's behaviour and what it has accepted; `rules` has a response or a break by step."""

    port: int = 0
    rules: dict[str, str | Break] = field(default_factory=dict)
    accepted: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    _reached: dict[str, threading.Event] = field(default_factory=lambda: defaultdict(threading.Event))
    _released: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, step: str) -> None:
        """Return when a client has reached the step."""
        assert self._reached[step].wait(REACHED_SECONDS), f"no client reached {step}"

    def reset(self, **rules: str | Break) -> None:
        """Release hanging clients, forget what happened, and set the rules."""
        self._released.set()
        self._released, self._reached = threading.Event(), defaultdict(threading.Event)
        self.rules, self.accepted, self.connections = dict(rules), [], 0

    def respond(self, step: str, usual: str) -> str | None:
        """Return the response at the step; None to close the connection."""
        self._reached[step].set()
        rule = self.rules.get(step, usual)
        if rule is Break.HANG:
            self._released.wait(DEADLINE_SECONDS)
        return rule if isinstance(rule, str) else None

    def release(self) -> None:
        """Let hanging connections end."""
        self._released.set()


class _Handler(socketserver.StreamRequestHandler):
    """A client's connection."""

    server: "_Server"

    def handle(self) -> None:
        """Respond to the client's commands until either side ends."""
        self.server.state.connections += 1
        try:
            if not self._say("CONNECT", "220 ready"):
                return
            while (line := self.rfile.readline()) and self._command(line.decode()):
                pass
        except ConnectionError:
            return

    def _command(self, line: str) -> bool:
        verb = line[:4].upper()
        if verb == "RCPT":
            self.address = line.partition("<")[2].partition(">")[0]
        if verb == "DATA":
            return self._say("DATA", "354 go on") and self._receive()
        if verb == "QUIT":
            self._say("QUIT", "221 bye")
            return False
        return self._say(verb, "250 ok")

    def _receive(self) -> bool:
        state = self.server.state
        if "DATA" in state.rules:
            return True
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        response = state.respond("MESSAGE", "250 accepted")
        if response is None:
            return False
        if response.startswith("250"):
            message = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(message, EmailMessage)
            state.accepted.append((self.address, message))
        return self._say("ACCEPTED", response)

    def _say(self, step: str, usual: str) -> bool:
        response = self.server.state.respond(step, usual)
        if response is None:
            return False
        self.wfile.write(f"{response}\r\n".encode())
        return True


class _Server(socketserver.ThreadingTCPServer):
    """Listens on loopback; its threads end with the test's process at the latest."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, state: MailServer) -> None:
        self.state = state
        super().__init__(("127.0.0.1", 0), _Handler)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server."""
    state = MailServer()
    with _Server(state) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            state.release()
            server.shutdown()
            thread.join()
