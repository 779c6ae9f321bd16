"""Sends a batch to the shop, and says what the shop decided."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import urllib3

from vitrine_events.queues import Queued, Shopper

_COMPRESSED_FROM = 1_000
_DAY = 86_400.0
_USER_AGENT = "vitrine-events"


@dataclass(frozen=True, slots=True)
class Answer:
    """The shop's answer; status 0 is none. `after` is for how many seconds it asks to wait, if it does.

    `refused` has the reasons of refused events by their index.
    """

    status: int
    refused: Mapping[int, str]
    after: float | None = None
    code: str = ""


class Transport:
    """Connections to the shop's intake."""

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url
        self._http = urllib3.PoolManager(
            retries=False, timeout=urllib3.Timeout(connect=min(5.0, timeout), read=timeout)
        )

    def post(self, items: Sequence[Queued]) -> Answer:
        """Send the events of one shopper."""
        shopper = items[0].shopper
        headers = {"Content-Type": "application/json", "User-Agent": shopper.user_agent or _USER_AGENT}
        if shopper.token is not None:
            headers["Authorization"] = f"Bearer {shopper.token}"
        body = _body(items, shopper=shopper)
        if len(body) >= _COMPRESSED_FROM:
            body = gzip.compress(body, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        try:
            response = self._http.request("POST", self._url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError:
            return Answer(0, {})
        return _answer(response)


def _body(items: Sequence[Queued], *, shopper: Shopper) -> bytes:
    rest = {
        "anonymous_id": shopper.anonymous_id,
        "sent_at": datetime.now(UTC).isoformat(),
        "tracking_consent": shopper.consent,
    }
    return f'{{"events":[{",".join(item.payload for item in items)}],{json.dumps(rest)[1:]}'.encode()


def _answer(response: urllib3.BaseHTTPResponse) -> Answer:
    try:
        body: Any = json.loads(response.data)
        if response.status == 202:
            refused = {int(one["index"]): str(one["reason"]) for one in body["data"]["refused"]}
            return Answer(202, refused)
        code = str(body.get("code", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        # An answer of a proxy, or half of one.
        return Answer(0 if response.status == 202 else response.status, {}, _seconds(response))
    return Answer(response.status, {}, _seconds(response), code)


def _seconds(response: urllib3.BaseHTTPResponse) -> float | None:
    """Return the seconds in the header Retry-After, at most a day."""
    try:
        return min(_DAY, max(0.0, float(response.headers.get("Retry-After", ""))))
    except ValueError:
        return None
