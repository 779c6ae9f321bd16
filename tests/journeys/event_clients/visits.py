"""Visits of a page with the JavaScript client, in a real browser."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.services.chromium import Page
from tests.services.shop import ROOT

VIEW = "tracker.track('view', {product_id: %d})"


class Handler(SimpleHTTPRequestHandler):
    """Serves files, and doesn't log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Do nothing."""


@contextmanager
def serving(folder: Path, *, port: int) -> Iterator[str]:
    """Serve the page and the client from a folder; yield the page's address."""
    shutil.copy(ROOT / "clients" / "javascript" / "vitrine-events.js", folder)
    shutil.copy(Path(__file__).with_name("page.html"), folder)
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}/page.html"
        finally:
            server.shutdown()
            thread.join()


class Visit:
    """A tab with a tracker; each visit has a queue and ids of its own unless it shares the prefix of another."""

    def __init__(self, tab: Page, *, site: str, intake: str, prefix: str = "") -> None:
        """Use this tab."""
        self.tab, self.site, self.intake = tab, site, intake
        self.prefix = prefix or f"{uuid4()}."

    def open(self, query: str = "", **options: Any) -> None:
        """Open the page; the tracker sends only when it is told to, unless the options say otherwise."""
        given = {"url": self.intake, "prefix": self.prefix, "flushSeconds": 600, **options}
        self.tab.open(f"{self.site}?options={quote(json.dumps(given))}{query}")
        self.tab.wait_for("!!window.tracker")

    def run(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        return self.tab.evaluate(expression)

    def view(self, product: int) -> str:
        """Report a view; return its id."""
        return str(self.run(VIEW % product))

    def flush(self) -> None:
        """Send until nothing is queued."""
        self.run("tracker.flush()")
        self.tab.wait_for("tracker.pending === 0")

    def leave(self) -> None:
        """Leave the page."""
        self.tab.open("about:blank")

    @property
    def stored_names(self) -> list[str]:
        """What the browser has stored for this visit, without the prefix."""
        names: list[str] = self.run("Object.keys(localStorage)")
        return sorted(name.removeprefix(self.prefix) for name in names if name.startswith(self.prefix))

    def times_sent(self, event_id: str) -> int:
        """How many requests had the event."""
        return sum(event_id in body for body in self.tab.posted)
