"""Errors are reported to Sentry and requests are traced, if a setting names the receiver; nothing is personal."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PHONE, EMAIL, PASSWORD = "+16502530123", "ann.byron@shop.example", "a-lamp-and-a-chair"
REQUEST = f"""
import django
django.setup()
from django.test import Client
from backend.operations.views import LiveView

def fail(self, request):
    password = {PASSWORD!r}
    raise LookupError("no account of {PHONE}, {EMAIL}")

LiveView.get = fail
client = Client(raise_request_exception=False, headers={{"Host": "localhost", "Cookie": "a={PASSWORD}", "X-Anonymous-Id": {EMAIL!r}}})
response = client.get("/api/health/live/?phone={PHONE[1:]}&q={PASSWORD}")
print(response.status_code, response["X-Request-Id"])
"""


class Receiver(ThreadingHTTPServer):
    """Keeps the path and the body of every request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, bytes]] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        # Sentry's client compresses with Brotli if it is installed, as it is with the invoices.
        expand = {"gzip": gzip.decompress, "br": brotli.decompress}.get(
            self.headers["Content-Encoding"], bytes
        )
        body = expand(body)
        self.server.received.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(program: str, home: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    known = {"DJANGO_SETTINGS_MODULE": "backend.config.settings", "VITRINE_ENV_FILE": os.devnull}
    return subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "VITRINE_HOME": str(home), **known, **environ},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_an_error_is_reported_with_its_place_and_without_personal_data(
    receiver: Receiver, tmp_path: Path
) -> None:
    done = run(REQUEST, tmp_path, SENTRY_DSN=f"http://key@{receiver.address}/7")

    assert done.stdout.startswith("500 "), done.stderr
    events = [body.decode() for path, body in receiver.received if path.startswith("/api/7/envelope/")]
    assert events
    assert any('"LookupError"' in event for event in events)
    [error] = [line for event in events for line in event.splitlines() if '"LookupError"' in line]
    frames = json.loads(error)["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "fail"
    for event in events:
        for secret in (PHONE[1:], EMAIL, PASSWORD, "vars", "cookie"):
            assert secret not in event.lower(), event


def test_a_request_is_a_span_with_its_route_status_and_request_id(receiver: Receiver, tmp_path: Path) -> None:
    done = run(REQUEST, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{receiver.address}")

    status, request_id = done.stdout.split()
    [(path, body)] = receiver.received
    assert path == "/v1/traces"
    [resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    assert {"service.name"} <= {each.key for each in resource.resource.attributes}
    [span] = resource.scope_spans[0].spans
    values = {each.key: each.value for each in span.attributes}
    assert (span.name, status) == ("GET api/health/live/", "500")
    assert values["http.response.status_code"].int_value == 500
    assert values["vitrine.request_id"].string_value == request_id
    assert f'"trace_id": "{span.trace_id.hex()}"' in done.stderr
    for secret in (PHONE[1:], EMAIL, PASSWORD):
        assert secret not in str(span)


@pytest.mark.parametrize("name", ["SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(name: str, tmp_path: Path) -> None:
    program = """
import importlib.util as util
known = util.find_spec
util.find_spec = lambda name, *rest: None if name in ("sentry_sdk", "opentelemetry") else known(name, *rest)
import django
django.setup()
"""
    done = run(program, tmp_path, **{name: "http://key@127.0.0.1:9/1"})

    assert f"{name} needs a package: pip install" in done.stderr
