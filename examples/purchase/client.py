"""A client of the shop's API with the standard library only."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 30
DEADLINE_SECONDS = 60
PAUSE_SECONDS = 0.1


class UnexpectedResponse(Exception):
    """The shop refused a request that should succeed, or the other way round."""


@dataclass
class Client:
    """Sends requests with the headers of one caller, such as an access token or a guest's cart token."""

    address: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Any:
        """Return what the response contains."""
        return self.send("GET", path)

    def post(
        self, path: str, body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Post JSON; return what the response contains."""
        return self.send("POST", path, body=body, status=status, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send a request; return the `data` of the response's envelope, or else all of its JSON.

        A request that can take effect only once is repeated for a minute while a part of the shop is not
        available (503 with the header Retry-After).

        Raises:
            UnexpectedResponse: the response has another status than `status`.
        """
        sent = {"Content-Type": "application/json", **self.headers, **(headers or {})}
        content = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.address}{path}", data=content, headers=sent, method=method)  # noqa: S310
        is_repeatable = status != 503 and (method == "GET" or "Idempotency-Key" in sent)
        deadline = time.monotonic() + DEADLINE_SECONDS
        found, text, pause = _exchanged(request)
        while found == 503 and pause and is_repeatable and time.monotonic() + pause < deadline:
            time.sleep(pause)
            found, text, pause = _exchanged(request)
        if found != status:
            raise UnexpectedResponse(f"{method} {path}: {found} instead of {status}: {text[:2_000]}")
        shown = json.loads(text) if text else None
        return shown["data"] if isinstance(shown, dict) and "data" in shown else shown

    def log_in(self, *, phone: str, password: str, code: str = "") -> "Client":
        """Return a client with an access token of the account, and this client's other headers.

        Raises:
            UnexpectedResponse: the account has a second factor, and `code` is empty or wrong.
        """
        tokens = self.post("/accounts/login/", {"phone": phone, "password": password})
        if "challenge_token" in tokens:
            if not code:
                raise UnexpectedResponse(f"the account {phone} has a second factor: a code is needed as well")
            answer = {"challenge_token": tokens["challenge_token"], "code": code}
            tokens = self.post("/api/accounts/login/second-factor/", answer)
        return Client(self.address, {**self.headers, "Authorization": f"Bearer {tokens['access_token']}"})


def _exchanged(request: Request) -> tuple[int, str, int]:
    """Return the response's status and text, and the seconds of its header Retry-After, or 0.

    A time instead of seconds is 0, too.
    """
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - the caller names the server
            return response.status, response.read().decode(), 0
    except HTTPError as error:
        with error:
            seconds = error.headers.get("Retry-After", "")
            return error.code, error.read().decode(), int(seconds) if seconds.isdecimal() else 0


def wait_for(found: Callable[[], Any], *, what: str) -> Any:
    """Call `found` until it returns a true value, and return that.

    Raises:
        UnexpectedResponse: that takes too long.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (value := found()):
        if time.monotonic() > deadline:
            raise UnexpectedResponse(f"not within {DEADLINE_SECONDS} seconds: {what}")
        time.sleep(PAUSE_SECONDS)
    return value
