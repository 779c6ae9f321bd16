"""Clients that send requests to a shop continuously and record every failure."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import urllib3
from uuid_utils.compat import uuid7

from tests.services.shop import Shop

ADDRESS = {"street": "123 Main St", "city": "New York", "postal_code": "10001", "country": "USA"}
PAUSE_SECONDS = 0.15
EVENTS_UNAVAILABLE = 503
RESPONSE_SECONDS = 90.0
"""The earlier release lets each statement wait for SQLite's lock for up to 30 s, and migrations hold it repeatedly."""


@dataclass
class BackgroundClients:
    """Three clients, each in its own thread: a guest, a customer and a sender of events."""

    shop: Shop
    token: str
    product_id: int
    title: str
    failures: list[str] = field(default_factory=list)
    succeeded: Counter[str] = field(default_factory=Counter)
    orders: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    events_deferred: int = 0
    """The number of event requests that got a 503 and were repeated."""

    def __enter__(self) -> "BackgroundClients":
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(action,))
            for action in (self._browse, self._buy, self._send_event)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, action: Callable[[], None]) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            action()

    def _request(self, name: str, method: str, path: str, *, expected: int = 200, **more: Any) -> Any:
        """Send a request on a new connection; record a failure if its status is not the expected one."""
        try:
            status, body = self.shop.request(
                method, path, headers={"Connection": "close"}, timeout=RESPONSE_SECONDS, **more
            )
        except urllib3.exceptions.HTTPError as error:
            self._record_failure(f"{name}: {error!r}")
            return None
        if status != expected:
            self._record_failure(f"{name}: {status} {str(body)[:300]}")
            return None
        self.succeeded[name] += 1
        return body

    def _record_failure(self, failure: str) -> None:
        self.failures.append(f"{time.strftime('%H:%M:%S')} {failure}")

    def _browse(self) -> None:
        found = self._request("search", "GET", "/api/search/", fields={"q": self.title})
        if found is not None and self.product_id not in [each["id"] for each in found["results"]]:
            self._record_failure(f"search: {self.title} was not found")
        self._request("suggestions", "GET", "/api/search/suggestions/", fields={"q": self.title[:4]})
        self._request("priced", "GET", "/api/search/", fields={"min_price": "1", "sort_by": "price_low"})
        self._request("products", "GET", "/api/products/")
        self._request("product", "GET", f"/api/products/{self.product_id}/")
        self._request("recommendations", "GET", f"/api/recommendations/product/{self.product_id}/")

    def _buy(self) -> None:
        item = {"product_id": self.product_id, "quantity": 1}
        self._request("cart add", "POST", "/api/orders/cart/", json=item, expected=201, token=self.token)
        self._request("cart", "GET", "/api/orders/cart/", token=self.token)
        placed = self._request(
            "order",
            "POST",
            "/api/orders/orders/",
            json={"shipping_address": ADDRESS},
            expected=201,
            token=self.token,
        )
        if placed is not None:
            self.orders.append(placed["data"]["order_number"])
        self._request("orders", "GET", "/api/orders/orders/", token=self.token)

    def _send_event(self) -> None:
        """Send a view of the product, and repeat it with the same id until it is accepted."""
        event_id = str(uuid7())
        view = {"event_id": event_id, "type": "view", "product_id": self.product_id}
        headers = {"Connection": "close", "X-Anonymous-Id": "5b0c2f0e-7d3c-4b1c-9f43-0d0a4ad1f001"}
        while not self._stop.is_set():
            try:
                status, body = self.shop.post("/api/events/", {"events": [view]}, headers=headers)
            except urllib3.exceptions.HTTPError as error:
                self._record_failure(f"events: {error!r}")
                return
            if status != EVENTS_UNAVAILABLE:
                break
            self.events_deferred += 1
            self._stop.wait(PAUSE_SECONDS)
        else:
            return
        if status == 202 and body["data"]["accepted"] == 1:
            self.event_ids.append(event_id)
        else:
            self._record_failure(f"events: {status} {str(body)[:300]}")
