"""Clients generated from the OpenAPI document by common tools, used for a purchase."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.clients import npm
from tests.clients.copies import CLIENTS
from tests.services.shop import Shop

pytestmark = [pytest.mark.stores, pytest.mark.once]

PYTHON = CLIENTS / "python"
PASSWORD = "securepassword123"
EXPECTED = {
    "exposure": True,
    "title": "Brass reading lamp",
    "total": True,
    "categories": True,
    "suggested": True,
    "status": "CANCELLED",
}


@pytest.fixture
def phone(shop: Shop) -> str:
    """The phone number of a new customer."""
    number = f"+1212556{uuid4().int % 10_000:04}"
    status, body = shop.post("/accounts/register/", {"phone": number, "password": PASSWORD})
    assert status == 201, body
    return number


@pytest.fixture(scope="package")
def document(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the OpenAPI document that the shop serves."""
    status, body = shop.get("/api/schema/?format=json")
    assert status == 200
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    path.write_text(json.dumps(body))
    return path


def run(*command: str | Path, folder: Path, environ: dict[str, str] | None = None) -> str:
    """Run a program and return its output; fail with the output if the program fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def summary_in(output: str) -> dict[str, Any]:
    """Return the summary that a journey prints in its last line."""
    summary: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return summary


@pytest.mark.node
def test_a_generated_typescript_client_searches_orders_and_cancels(
    shop: Shop, document: Path, phone: str
) -> None:
    folder = npm.installed(CLIENTS / "typescript")
    shutil.copy(document, folder / "openapi.json")
    npm.npm(folder, "run", "generate")
    npm.npm(folder, "run", "build")

    output = run("node", "build/journey.js", f"http://127.0.0.1:{shop.port}", phone, PASSWORD, folder=folder)

    assert summary_in(output) == {**EXPECTED, "second": "CANCELLED"}


def test_a_generated_python_client_searches_orders_and_cancels(
    shop: Shop, document: Path, phone: str, tmp_path: Path
) -> None:
    generate: Sequence[str | Path] = (
        Path(sys.executable).with_name("openapi-python-client"),
        *("generate", "--path", document, "--config", PYTHON / "config.yml", "--meta", "none"),
        *("--output-path", tmp_path / "vitrine_client", "--fail-on-warning"),
    )
    run(*generate, folder=tmp_path)
    shutil.copy(PYTHON / "journey.py", tmp_path)
    (tmp_path / "vitrine_client" / "py.typed").touch()
    run(sys.executable, "-m", "mypy", "--strict", f"--cache-dir={os.devnull}", "journey.py", folder=tmp_path)

    address = f"http://127.0.0.1:{shop.port}"
    output = run(
        *(sys.executable, "journey.py", address, phone, PASSWORD),
        folder=tmp_path,
        environ={"PYTHONPATH": str(tmp_path)},
    )

    assert summary_in(output) == {**EXPECTED, "second": "order_transition_not_allowed"}
