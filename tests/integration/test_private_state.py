"""A served shop keeps what it knows about people out of its logs, and its files for their owner."""

import json
import re
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.services.schema import migrate
from tests.services.shop import Shop
from tests.services.waiting import wait_until

pytestmark = pytest.mark.slow

PHONE, EMAIL, NAME = "+16502530123", "ann.byron@shop.example", "Annabella"
PASSWORD, NEW_PASSWORD, WRONG_PASSWORD = "a-lamp-and-a-chair", "a-table-and-a-vase", "a-wrong-lamp-or-chair"
SEARCH = "a present for annabella"
PROVIDER_KEY = "sms-provider-key"


class Provider(ThreadingHTTPServer):
    """A provider of SMS that repeats the message in the error with which it responds."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FailingHandler)
        self.bodies: list[dict[str, str]] = []


class FailingHandler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        self.send_response(500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def shop(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    url = f"http://127.0.0.1:{provider.server_address[1]}/?token={PROVIDER_KEY}"
    environ = {"SMS_URL": url, "SMS_AUTHORIZATION": f"Bearer {PROVIDER_KEY}"}
    shop = Shop(tmp_path_factory.mktemp("private"), environ=environ)
    migrate(shop)
    shop.start()
    yield shop
    shop.stop()


@contextmanager
def failing_registrations(shop: Shop) -> Iterator[None]:
    """Let the database refuse new accounts with an error that quotes the phone, as PostgreSQL does."""
    quoted = "json_extract('{}', 'Key (phone)=(' || NEW.phone || ')')"
    trigger = f"CREATE TRIGGER fails BEFORE INSERT ON accounts_user BEGIN SELECT {quoted}; END"
    for statement in (trigger, "DROP TRIGGER fails"):
        with closing(sqlite3.connect(shop.home / "db.sqlite3", timeout=20)) as database:
            database.execute(statement)
        if statement == trigger:
            yield


def test_no_log_has_a_value_that_identifies_or_authenticates_somebody(shop: Shop, provider: Provider) -> None:
    account = {"phone": PHONE, "password": PASSWORD, "first_name": NAME}
    assert shop.post("/accounts/register/", account)[0] == 201
    assert shop.post("/accounts/register/", account)[0] == 409
    wrong = {"phone": PHONE, "password": WRONG_PASSWORD}
    assert shop.post("/accounts/login/", wrong)[0] == 401
    tokens = shop.post("/accounts/login/", {"phone": PHONE, "password": PASSWORD})[1]["data"]
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    assert shop.request("PATCH", "/accounts/me/", token=access, json={"email": EMAIL})[0] == 200
    assert shop.get("/accounts/me/", token=f"{access}x")[0] == 401
    assert shop.get(f"/api/products/?token={refresh}&phone={PHONE}")[0] == 400
    assert shop.post("/accounts/token-refresh/", {"refresh_token": refresh})[0] == 200
    query = {"q": SEARCH, "email": EMAIL}
    assert shop.get("/api/search/", fields=query)[0] in (200, 400, 503)
    with failing_registrations(shop):
        assert shop.post("/accounts/register/", account | {"phone": "+16502530124"})[0] == 500

    assert shop.post("/accounts/forgot-password/", {"phone": PHONE})[0] == 200
    wait_until(lambda: bool(provider.bodies), what="the code is sent", seconds=60)
    (code,) = re.findall(r"\b\d{6}\b", provider.bodies[0]["text"])
    status, body = shop.post("/accounts/verify-otp/", {"phone": PHONE, "otp": code})
    assert status == 200
    reset_token = body["data"]["reset_token"]
    changed = {"phone": PHONE, "password": NEW_PASSWORD, "reset_token": reset_token}
    assert shop.post("/accounts/reset-password/", changed)[0] == 200

    logs = "".join(
        path.read_text(errors="replace")
        for path in [*(shop.home / "logs").iterdir(), shop.home / "serve.log"]
    )
    assert logs.count("request_finished") > 10
    assert "OperationalError" in logs
    assert "Key (phone)" in logs
    national = PHONE[2:]
    for value in (
        *(
            national,
            f"{national[:3]} {national[3:6]}",
            "6502530124",
            EMAIL,
            NAME,
            SEARCH,
            SEARCH.replace(" ", "+"),
        ),
        *(PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, code, reset_token, access, refresh, access.split(".")[2]),
        *(PROVIDER_KEY, "present"),
    ):
        assert value.casefold() not in logs.casefold(), value


def test_only_their_owner_can_read_the_files_of_a_shop(shop: Shop) -> None:
    wait_until(lambda: any(shop.home.glob("beat-schedule*")), what="beat has stored its schedule")
    # The test itself writes serve.log.
    found = [path for path in shop.home.rglob("*") if path.name != "serve.log"]
    names = {path.name for path in found}
    assert {"db.sqlite3", "db.sqlite3-wal", "web.log", "worker.log", "supervisord.conf"} <= names
    readable = {
        str(path.relative_to(shop.home)): stat.filemode(path.lstat().st_mode)
        for path in found
        if not path.is_symlink() and path.lstat().st_mode & 0o077
    }
    assert readable == {}
