"""The packages that clients and examples in other languages install."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients import npm
from tests.clients.copies import CLIENTS, EXAMPLES

LOCKS = sorted(path for folder in (CLIENTS, EXAMPLES) for path in folder.glob("*/package-lock.json"))
# Permissive, and compatible with our own licence.
LICENCES = {
    "MIT",
    "MIT/X11",
    "ISC",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "Python-2.0",
    "(MIT OR CC0-1.0)",
}
# The package of hogan.js has its licence in an older field, which locks don't have.
NOT_LOCKED = {"node_modules/hogan.js": "Apache-2.0"}


def packages(lock: Path) -> dict[str, dict[str, Any]]:
    """Return the locked packages of others by their path, without folders of this repository."""
    locked: dict[str, dict[str, Any]] = json.loads(lock.read_text())["packages"]
    return {
        path: package
        for path, package in locked.items()
        if path.startswith("node_modules/") and not package.get("link")
    }


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_a_lock_names_hashes_and_no_registry(lock: Path) -> None:
    locked = packages(lock)

    assert locked
    assert [path for path, package in locked.items() if "resolved" in package] == []
    assert [path for path, package in locked.items() if not package.get("integrity")] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_the_packages_have_permissive_licences(lock: Path) -> None:
    licences = {
        path: package.get("license", NOT_LOCKED.get(path)) for path, package in packages(lock).items()
    }

    assert {path: licence for path, licence in licences.items() if licence not in LICENCES} == {}


@pytest.mark.node
@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_npm_ci_installs_the_locked_packages(lock: Path) -> None:
    folder = npm.installed(lock.parent)

    listed = json.loads(npm.npm(folder, "ls", "--all", "--json"))
    assert "problems" not in listed
