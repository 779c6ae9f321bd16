"""Debian's Chromium, driven through its DevTools protocol, as if with a keyboard."""

import base64
import itertools
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

from tests.services import requirements
from tests.services.waiting import wait_until

OPTIONS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    # A page that nobody looks at would have its timers called once a minute, and its process less of the processor.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
KEYS = {
    "Tab": {"code": "Tab", "windowsVirtualKeyCode": 9},
    "Enter": {"code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "Space": {"code": "Space", "key": " ", "windowsVirtualKeyCode": 32, "text": " "},
}
SELECT_ALL = {
    "key": "a",
    "code": "KeyA",
    "windowsVirtualKeyCode": 65,
    "modifiers": 2,
    "commands": ["selectAll"],
}
LEFT = "Inspected target navigated or closed"
MOST_TABS = 120
LOADED = "document.readyState === 'complete' && (!window.Alpine || !document.querySelector('html[x-cloak]'))"


class Page:
    """A tab.

    `faults` has errors of scripts and of the console, and violations of the policy of the page; `posted` the
    bodies of POST requests, empty for beacons.
    """

    def __init__(self, connection: websocket.WebSocket, session: str) -> None:
        """Watch the tab with this session."""
        self._connection, self._session = connection, session
        self._ids = itertools.count(1)
        self.faults: list[str] = []
        self.posted: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol; return its result."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters, "sessionId": self._session}
        self._connection.send(json.dumps(message))
        while True:
            received = json.loads(self._connection.recv())
            if received.get("sessionId") == self._session and received.get("id") == number:
                assert "error" not in received, (method, received["error"])
                result: dict[str, Any] = received["result"]
                return result
            self._note(received)

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self.faults.append(str(parameters["exceptionDetails"].get("exception", parameters)))
            case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "assert"):
                self.faults.append(str(parameters["args"]))
            case "Network.requestWillBeSent" if parameters["request"]["method"] == "POST":
                self.posted.append(parameters["request"].get("postData", ""))
            case "Log.entryAdded" if parameters["entry"]["level"] == "error":
                self.faults.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")

    def crash(self) -> None:
        """Let the process of the tab crash; it can't be used any more."""
        message = {"id": next(self._ids), "method": "Page.crash", "sessionId": self._session}
        self._connection.send(json.dumps(message))

    def another(self) -> "Page":
        """Open another tab of the same browser."""
        return Page(self._connection, _attached(self._connection))

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, or of its promise."""
        response = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in response, response
        return response["result"].get("value")

    def open(self, url: str) -> None:
        """Go to an address, and return once its page is loaded."""
        self.call("Page.navigate", url=url)
        self.wait_for(f"location.href.startsWith({json.dumps(url)}) && {LOADED}")

    def wait_for(self, expression: str) -> None:
        """Return once the expression is true, also across pages.

        Raises:
            AssertionError: It doesn't become true; the message has the faults and the text of the page.
        """
        try:
            wait_until(lambda: self._holds(expression), what=expression)
        except AssertionError as late:
            raise AssertionError(f"{late}\nFaults: {self.faults}\nThe page shows: {self.text}") from late

    def _holds(self, expression: str) -> bool:
        """Return whether the expression is true; false if the page is left while it is evaluated."""
        try:
            return self.evaluate(expression) is True
        except AssertionError as error:
            if LEFT not in str(error):
                raise
            return False

    def resize(self, width: int, height: int) -> None:
        """Set the size of the page in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def press(self, key: str) -> None:
        """Press and release a key."""
        self._key({"key": key, **KEYS[key]})

    def _key(self, key: dict[str, Any]) -> None:
        self.call("Input.dispatchKeyEvent", type="keyDown", **key)
        self.call("Input.dispatchKeyEvent", type="keyUp", **{**key, "text": ""})

    def tab_to(self, selector: str) -> None:
        """Press Tab until the element has the focus, which must be visible."""
        for _ in range(MOST_TABS):
            if self.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                assert self.evaluate(FOCUS_IS_VISIBLE), f"the focus of {selector} can't be seen"
                return
            self.press("Tab")
        raise AssertionError(f"{selector} can't be reached with the keyboard")

    def enter(self, selector: str, text: str) -> None:
        """Replace the text of a field."""
        self.tab_to(selector)
        self._key(SELECT_ALL)
        self.call("Input.insertText", text=text)

    def submit(self, *, to: str) -> None:
        """Press Enter, and return once a page is loaded whose path is `to`."""
        self.evaluate("window.isOld = true")
        self.press("Enter")
        self.wait_for(f"!window.isOld && location.pathname === {json.dumps(to)} && {LOADED}")

    @property
    def text(self) -> str:
        """The text that is shown."""
        return str(self.evaluate("document.body.innerText"))

    @property
    def overflow(self) -> int:
        """How many pixels of the page are to the right of the window."""
        return int(self.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def picture(self, file: Path) -> None:
        """Store what the window shows as a PNG."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


FOCUS_IS_VISIBLE = """(() => {
    const style = getComputedStyle(document.activeElement);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return outlined || style.boxShadow !== 'none';
})()"""


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Run Chromium with a new profile in `folder`; yield its tab."""
    program = requirements.require("browser")
    with (folder / "chromium.log").open("w") as log:
        process = subprocess.Popen(
            [program, *OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        ready = folder / "profile" / "DevToolsActivePort"
        wait_until(lambda: ready.exists() and "\n" in ready.read_text(), what="Chromium starts", seconds=30)
        port, path = ready.read_text().split()
        connection = websocket.create_connection(
            f"ws://127.0.0.1:{port}{path}", timeout=30, suppress_origin=True
        )
        try:
            yield Page(connection, _attached(connection))
        finally:
            connection.close()
    finally:
        process.terminate()
        process.wait(timeout=30)


def _attached(connection: websocket.WebSocket) -> str:
    """Open a tab; return the id of the session that controls it."""
    target = _call(connection, "Target.createTarget", url="about:blank")["targetId"]
    return str(_call(connection, "Target.attachToTarget", targetId=target, flatten=True)["sessionId"])


def _call(connection: websocket.WebSocket, method: str, **parameters: Any) -> dict[str, Any]:
    connection.send(json.dumps({"id": 0, "method": method, "params": parameters}))
    while True:
        received = json.loads(connection.recv())
        if received.get("id") == 0:
            result: dict[str, Any] = received["result"]
            return result
