"""Calls PayPal's REST API: access tokens, idempotency, and what its errors mean."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from backend.payments.errors import GatewayRefused, OutcomeUnknown
from backend.payments.gateways.protocol import CALL_SECONDS, CONNECT_SECONDS

LIVE_URL = "https://api-m.paypal.com"
# A token is replaced before it expires.
TOKEN_MARGIN_SECONDS = 60

# The request was not performed, or is being performed; another attempt with the same id gets the outcome.
_ATTEMPT_AGAIN = frozenset({401, 403, 408, 409, 429})


class PayPalRefused(GatewayRefused):
    """PayPal definitely did not do what was requested; `issue` is its name for the reason."""

    def __init__(self, issue: str, description: str) -> None:
        super().__init__(f"{issue}: {description}"[:300])
        self.issue = issue


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPalKeys:
    """The shop's keys; `webhook_id` is the id of the webhook in PayPal's settings."""

    client_id: str
    client_secret: str
    webhook_id: str


class PayPalClient:
    """PayPal's API at `url`; may be used by several threads."""

    def __init__(self, keys: PayPalKeys, *, url: str) -> None:
        """Store the keys; nothing is called yet."""
        self._keys = keys
        self._http = httpx.Client(base_url=url, timeout=httpx.Timeout(CALL_SECONDS, connect=CONNECT_SECONDS))
        self._lock = threading.Lock()
        self._token, self._token_until = "", 0.0

    def post(self, path: str, content: Mapping[str, Any], *, key: UUID) -> dict[str, Any]:
        """Return the response to a request with the idempotency key `key`.

        Raises:
            PayPalRefused: PayPal did not perform it.
            OutcomeUnknown: PayPal may have performed it, or can't be reached.
        """
        headers = {"PayPal-Request-Id": str(key), "Prefer": "return=representation"}
        return self._content(self._sent("POST", path, headers=headers, json=dict(content)))

    def get(self, path: str) -> dict[str, Any]:
        """Return the object at `path`; raises as `post` does."""
        return self._content(self._sent("GET", path, headers={}, json=None))

    def download(self, address: str) -> bytes:
        """Return the file at an address, which is public.

        Raises:
            OutcomeUnknown: it can't be downloaded.
        """
        try:
            return self._http.get(address).raise_for_status().content
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _sent(self, method: str, path: str, *, headers: Mapping[str, str], json: Any) -> httpx.Response:
        try:
            token = self._access_token()
            authorised = {**headers, "Authorization": f"Bearer {token}"}
            return self._http.request(method, path, headers=authorised, json=json)
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"{type(error).__name__}: {error}") from error

    def _access_token(self) -> str:
        with self._lock:
            if time.monotonic() < self._token_until:
                return self._token
            response = self._http.post(
                "/v1/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=(self._keys.client_id, self._keys.client_secret),
            )
            if response.status_code != httpx.codes.OK:
                raise OutcomeUnknown(f"PayPal gives no access token: status {response.status_code}")
            granted = _json(response)
            self._token = str(granted["access_token"])
            self._token_until = time.monotonic() + float(granted["expires_in"]) - TOKEN_MARGIN_SECONDS
            return self._token

    def _content(self, response: httpx.Response) -> dict[str, Any]:
        if response.is_success:
            return _json(response) if response.content else {}
        if response.status_code == httpx.codes.UNAUTHORIZED:
            with self._lock:
                self._token_until = 0.0
        if response.is_server_error or response.status_code in _ATTEMPT_AGAIN:
            raise OutcomeUnknown(f"PayPal responds with the status {response.status_code}")
        error = _json(response)
        first: dict[str, Any] = next(iter(error.get("details") or []), {})
        raise PayPalRefused(
            str(first.get("issue") or error.get("name", "")),
            str(first.get("description") or error.get("message", "")),
        )


def _json(response: httpx.Response) -> dict[str, Any]:
    """Return the object in the response.

    Raises:
        OutcomeUnknown: it is not a JSON object.
    """
    try:
        content = response.json()
    except ValueError as error:
        raise OutcomeUnknown("PayPal's response is not JSON") from error
    if not isinstance(content, dict):
        raise OutcomeUnknown("PayPal's response is not a JSON object")
    return content
