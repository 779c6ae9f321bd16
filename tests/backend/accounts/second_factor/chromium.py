"""A headless Chromium with a virtual authenticator, over the pipe of the DevTools protocol."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

PATH = shutil.which("chromium")
OPTIONS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--remote-debugging-pipe",
]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}
# Chromium reads requests from file descriptor 3 and writes responses to 4.
_RUN = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
CREATE = """(async options => (await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)
})).toJSON())"""
GET = """(async options => (await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)
})).toJSON())"""


@dataclass
class Browser:
    """A page of the browser; `send` runs a method of the DevTools protocol in it."""

    requests: BinaryIO
    responses: BinaryIO
    session: str = ""
    number: int = 0

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the result of the method; messages in between are events, which are ignored."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.requests.write(json.dumps(message).encode() + b"\0")
        self.requests.flush()
        while True:
            answer = json.loads(self._next())
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _next(self) -> bytes:
        read = bytearray()
        while (byte := self.responses.read(1)) not in (b"\0", b""):
            read += byte
        assert byte, "the browser has ended"
        return bytes(read)

    def open(self, url: str) -> None:
        """Open a page with a virtual authenticator."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        opened = self.send("Page.navigate", url=url)
        assert "errorText" not in opened, opened
        self.send("WebAuthn.enable")
        self.send("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)

    def call(self, function: str, argument: object) -> Any:
        """Return what the JavaScript function resolves to."""
        found = self.send(
            "Runtime.evaluate",
            expression=f"{function}({json.dumps(argument)})",
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"]["value"]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Run Chromium with its own profile."""
    request_end, requests = os.pipe()
    responses, response_end = os.pipe()
    ends = [str(request_end), str(response_end)]
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, *ends, str(PATH), *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=[request_end, response_end],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(request_end)
    os.close(response_end)
    with os.fdopen(requests, "wb") as writer, os.fdopen(responses, "rb") as reader:
        try:
            yield Browser(writer, reader)
        finally:
            process.kill()
            process.wait()
