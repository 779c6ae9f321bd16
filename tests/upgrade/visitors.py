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


@dataclass
class Visitors:
    """A guest, a customer and a sender of events, each in a thread of its own."""

    shop: Shop
    token: str
    product_id: int
    title: str
    failures: list[str] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    orders: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    events_deferred: int = 0
    """Requests with events that were answered 503 and sent again."""

    def __enter__(self) -> "Visitors":
        self._leaving = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(visit,))
            for visit in (self._browse, self._buy, self._send_event)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, visit: Callable[[], None]) -> None:
        while not self._leaving.wait(PAUSE_SECONDS):
            visit()

    def _ask(self, name: str, method: str, path: str, *, expected: int = 200, **more: Any) -> Any:
        """Send a request on a connection of its own; note the failure if the answer is another one."""
        try:
            status, body = self.shop.request(method, path, headers={"Connection": "close"}, **more)
        except urllib3.exceptions.HTTPError as error:
            self._note(f"{name}: {error!r}")
            return None
        if status != expected:
            self._note(f"{name}: {status} {str(body)[:300]}")
            return None
        self.answered[name] += 1
        return body

    def _note(self, failure: str) -> None:
        self.failures.append(f"{time.strftime('%H:%M:%S')} {failure}")

    def _browse(self) -> None:
        found = self._ask("search", "GET", "/api/search/", fields={"q": self.title})
        if found is not None and self.product_id not in [each["id"] for each in found["results"]]:
            self._note(f"search: {self.title} is not found")
        self._ask("suggestions", "GET", "/api/search/suggestions/", fields={"q": self.title[:4]})
        self._ask("priced", "GET", "/api/search/", fields={"min_price": "1", "sort_by": "price_low"})
        self._ask("products", "GET", "/api/products/")
        self._ask("product", "GET", f"/api/products/{self.product_id}/")
        self._ask("recommendations", "GET", f"/api/recommendations/product/{self.product_id}/")

    def _buy(self) -> None:
        item = {"product_id": self.product_id, "quantity": 1}
        self._ask("cart add", "POST", "/api/orders/cart/", json=item, expected=201, token=self.token)
        self._ask("cart", "GET", "/api/orders/cart/", token=self.token)
        placed = self._ask(
            "order",
            "POST",
            "/api/orders/orders/",
            json={"shipping_address": ADDRESS},
            expected=201,
            token=self.token,
        )
        if placed is not None:
            self.orders.append(placed["data"]["order_number"])
        self._ask("orders", "GET", "/api/orders/orders/", token=self.token)

    def _send_event(self) -> None:
        """Send one view of the product, again with the same id until it is accepted."""
        event_id = str(uuid7())
        view = {"event_id": event_id, "type": "view", "product_id": self.product_id}
        headers = {"Connection": "close", "X-Anonymous-Id": "5b0c2f0e-7d3c-4b1c-9f43-0d0a4ad1f001"}
        while not self._leaving.is_set():
            try:
                status, body = self.shop.post("/api/events/", {"events": [view]}, headers=headers)
            except urllib3.exceptions.HTTPError as error:
                self._note(f"events: {error!r}")
                return
            if status != EVENTS_UNAVAILABLE:
                break
            self.events_deferred += 1
            self._leaving.wait(PAUSE_SECONDS)
        else:
            return
        if status == 202 and body["data"]["accepted"] == 1:
            self.event_ids.append(event_id)
        else:
            self._note(f"events: {status} {str(body)[:300]}")
