"""The log contains tracebacks, but no values of variables, no personal data and no secrets."""

import io
import logging
import logging.config
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.conf import settings as shop_settings
from django.test import RequestFactory
from pytest_django import Settings

from backend.api.request_log import RequestLogMiddleware
from backend.config.logging import logging_configuration
from backend.config.redaction import redact_text, redact_uncaught_exceptions

PHONE, EMAIL, PASSWORD = "+16502530123", "ann.byron@shop.example", "a-lamp-and-a-chair"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiIxIn0.c2lnbmF0dXJl"
OPAQUE = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYm9"
SECRETS = {
    PHONE: [PHONE, "16502530123", "+1 650 253 0123", "(650) 253-0123", "001 650 2530123", "650.253.0123"],
    EMAIL: [EMAIL, f"<{EMAIL}>", EMAIL.upper()],
    PASSWORD: [f"password={PASSWORD}", f'"password": "{PASSWORD} 1"', f"{{'new_password': '{PASSWORD}'}}"],
    JWT: [JWT, f"Bearer {JWT}", f"?access_token={JWT}&page=1"],
    OPAQUE: [
        OPAQUE,
        f"reset_token={OPAQUE}",
        f"/unsubscribe/{OPAQUE}/",
        f"Set-Cookie: reset_token={OPAQUE}; Path=/",
    ],
    "483920": ["483920 is your code", '"otp": "483920"', "the code 483920 has expired"],
    "hunter2": ["redis://:hunter2@127.0.0.1:6379/0", "Authorization: Basic hunter2", "cookie: a=hunter2"],
}
FOUND_IN = [(secret, text) for secret, texts in SECRETS.items() for text in texts]


@pytest.fixture(params=[False, True], ids=["json", "plain"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configuration = logging_configuration(level="INFO", plain=request.param)
    configuration["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(configuration)
    yield stream
    logging.config.dictConfig(shop_settings.LOGGING)


def fail(message: str, *, password: str = "") -> None:
    known: dict[str, str] = {}
    try:
        known.pop(message)
    except KeyError as error:
        error.add_note(message)
        raise ConnectionError(f"{message} refused after {len(password)} characters") from error


def test_a_traceback_does_not_show_the_values_of_variables(lines: io.StringIO) -> None:
    try:
        fail("it", password="hunter2-hunter2")
    except ConnectionError:
        logging.getLogger("backend.somewhere").exception("it failed")
    assert "ConnectionError" in lines.getvalue()
    assert "hunter2" not in lines.getvalue()


def log_exception(text: str) -> None:
    try:
        fail(text)
    except ConnectionError:
        structlog.get_logger("backend.accounts").exception("failed")


WAYS: dict[str, Callable[[str], None]] = {
    "field": lambda text: structlog.get_logger("backend.accounts").warning("failed", reason=text),
    "event": lambda text: structlog.get_logger("backend.accounts").warning(text),
    "nested field": lambda text: structlog.get_logger("backend").info("failed", details={"a": [{"b": text}]}),
    "object": lambda text: structlog.get_logger("backend").info("failed", error=ValueError(text)),
    "argument of a package's message": lambda text: logging.getLogger("celery.worker").error(
        "got %s", (text,)
    ),
    "package's message": lambda text: logging.getLogger("django.request").error(text),
    "exception with its cause and a note": log_exception,
}


@pytest.mark.parametrize("way", WAYS)
def test_no_log_line_has_personal_data_or_secrets(way: str, lines: io.StringIO) -> None:
    for secret, text in FOUND_IN:
        WAYS[way](text)
        digits = "".join(filter(str.isdigit, text)) if secret == PHONE else ""
        for found in {secret, text, digits[-10:]} - {""}:
            assert found.casefold() not in lines.getvalue().casefold(), (text, lines.getvalue())
        assert lines.getvalue()
        lines.seek(0)
        lines.truncate()


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "reset_token", "otp", "phone", "Authorization", "email", "date_of_birth"],
)
def test_fields_are_removed_because_of_their_name(name: str, lines: io.StringIO) -> None:
    structlog.get_logger("backend").info(
        "failed", **{name: "lamp"}, body={name: ["lamp"], "other": {name: 7531}}
    )
    assert "redacted" in lines.getvalue()
    assert "lamp" not in lines.getvalue()
    assert "7531" not in lines.getvalue()


@pytest.mark.parametrize("code", ["483920", 483920, "7K3M-0Q2W-9XYZ-AB1C"])
def test_a_code_is_removed_unless_it_is_that_of_an_error_or_a_response(
    code: object, lines: io.StringIO
) -> None:
    structlog.get_logger("backend").info("failed", code=code, body={"recovery_codes": [code]})
    assert str(code) not in lines.getvalue()

    structlog.get_logger("backend").info("failed", code="permission_denied", error={"status_code": 403})
    assert "permission_denied" in lines.getvalue()
    assert "403" in lines.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        'duplicate key value violates unique constraint "phone"\nDETAIL:  Key (first_name, phone)=(Ann Lamp, 5) already exists.',
        "new row violates check constraint\nDETAIL:  Failing row contains (7, Ann Lamp, 1990-01-01).",
        "invalid input syntax for type integer: \"Ann Lamp\"\nCONTEXT:  unnamed portal parameter $1 = 'Ann Lamp'",
    ],
)
def test_no_value_of_a_row_is_logged_with_an_error_of_the_database(text: str, lines: io.StringIO) -> None:
    log_exception(text)
    assert "Ann Lamp" not in lines.getvalue()
    assert "ConnectionError" in lines.getvalue()


@pytest.mark.parametrize("text", [
    "GET /api/products/17/?page&page_size",
    "2026-11-26T11:35:08.606073Z",
    "2026-11-26 11:35:08",
    "127.0.0.1:54321 and 192.168.100.200",
    "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
    "ORD-20261126-000123",
    "took 0.123456789 s",
    "The access token is invalid or has expired.",
    "backend.accounts.tasks.forget_expired_sessions[0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f] succeeded in 0.0123s",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
])  # fmt: skip
def test_what_an_operator_needs_is_kept(text: str) -> None:
    assert redact_text(text) == text


def test_an_exception_that_ends_a_process_or_a_thread_is_printed_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Both are restored after the test.
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    redact_uncaught_exceptions()
    thread = threading.Thread(target=fail, args=[PHONE])
    thread.start()
    thread.join()
    try:
        fail(EMAIL)
    except ConnectionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    printed = capsys.readouterr().err
    assert printed.count("ConnectionError: [redacted]") == 2
    assert PHONE not in printed
    assert EMAIL not in printed


def test_a_request_is_logged_without_the_values_of_its_query() -> None:
    request = RequestFactory().get("/api/search/?q=a+present+for+ann&page=2")
    assert RequestLogMiddleware.format_request(request) == "GET /api/search/?q&page"


@pytest.mark.parametrize("prefix", ["/api/notifications/unsubscribe/", "/api/privacy/receipts/"])
def test_a_request_is_logged_without_a_secret_in_its_path(prefix: str) -> None:
    request = RequestFactory().get(f"{prefix}0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f/")
    assert RequestLogMiddleware.format_request(request) == f"GET {prefix}…/"


@pytest.mark.parametrize(
    ("setting", "address", "logged"),
    [
        ("full", "192.0.2.77", "192.0.2.77"),
        ("network", "192.0.2.77", "192.0.2.0/24"),
        ("network", "::ffff:192.0.2.77", "192.0.2.0/24"),
        ("network", "2001:db8:1:2::7", "2001:db8:1::/48"),
        ("network", "unix:", ""),
    ],
)
def test_the_log_has_the_address_of_a_client_or_only_its_network(
    settings: Settings, setting: str, address: str, logged: str
) -> None:
    settings.LOG_CLIENT_ADDRESSES = setting
    with structlog.contextvars.bound_contextvars():
        RequestLogMiddleware.bind_ip(RequestFactory().get("/", REMOTE_ADDR=address))
        assert structlog.contextvars.get_contextvars()["ip"] == logged
        structlog.contextvars.unbind_contextvars("ip")
