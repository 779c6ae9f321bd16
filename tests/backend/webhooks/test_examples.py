"""The functions in docs/webhooks.md verify what is sent, and refuse what was changed."""

import json
import re
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backend.webhooks.models import WebhookEndpoint
from backend.webhooks.signatures import rotate_secret, secret_of, set_new_secret, signed_headers

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
BODY = '{"title":"Kaffee für zwei"}'.encode()


def code(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(found)


def requests() -> list[tuple[bool, str, Mapping[str, str], bytes]]:
    """Return whether each request is genuine, with the secret of its receiver, its headers and its body."""
    now = datetime.now(UTC)
    row = WebhookEndpoint()
    set_new_secret(row)
    secret = secret_of(row)
    headers = signed_headers(row, webhook_id="evt_1", body=BODY, now=now)
    old = signed_headers(row, webhook_id="evt_1", body=BODY, now=datetime(2026, 3, 2, tzinfo=UTC))
    rotate_secret(row, now=now)
    both = signed_headers(row, webhook_id="evt_1", body=BODY, now=now)
    return [
        (True, secret, headers, BODY),
        (True, secret, both, BODY),
        (True, secret_of(row), both, BODY),
        (False, secret_of(row), headers, BODY),
        (False, secret, headers, BODY + b" "),
        (False, secret, headers | {"webhook-id": "evt_2"}, BODY),
        (False, secret, headers | {"webhook-signature": "v1,"}, BODY),
        (False, secret, old, BODY),
    ]


def test_the_function_in_python() -> None:
    names: dict[str, Any] = {}
    exec(code("python"), names)

    for genuine, secret, headers, body in requests():
        assert names["is_genuine"](secret, headers, body) is genuine


@pytest.mark.node
def test_the_function_in_javascript(tmp_path: Path) -> None:
    sent = requests()
    cases = [
        {"secret": secret, "headers": headers, "body": b64encode(body).decode()}
        for _, secret, headers, body in sent
    ]
    program = tmp_path / "receiver.mjs"
    program.write_text(
        code("javascript")
        + f"const cases = {json.dumps(cases)};\n"
        + 'const of = (each) => isGenuine(each.secret, each.headers, Buffer.from(each.body, "base64"));\n'
        + "console.log(JSON.stringify(cases.map(of)));\n"
    )
    printed = subprocess.run(["node", str(program)], capture_output=True, text=True, check=True).stdout

    assert json.loads(printed) == [genuine for genuine, *_ in sent]
