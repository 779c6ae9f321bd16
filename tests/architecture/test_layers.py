"""Every app and every package is covered by the contracts of import-linter in pyproject.toml."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

ROOT = Path(__file__).parent.parent.parent
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
# Apps that may import engines. All others belong to the core, which may not.
OUTSIDE_THE_CORE = {
    "config",
    "engines",
    "search",
    "recommendations",
    "analytics",
    "tracking",
    "webhooks",
    "notifications",
    "privacy",
    "operations",
    "audit_log",
    "dashboard",
    "discovery",
}
# Folders with Python files that are never imported by others.
NO_PACKAGES = {"benchmarks", "deploy", "examples", "notebooks", "tests", "var"}


def contract(name: str) -> dict[str, Any]:
    (found,) = [each for each in CONFIGURATION["contracts"] if each["name"] == name]
    return dict(found)


def layers() -> set[str]:
    lines = contract("An app imports only apps of lower layers")["layers"]
    return {name.strip() for line in lines for name in line.split("|")}


def core() -> set[str]:
    modules = contract("The core imports no engine")["source_modules"]
    return {module.removeprefix("backend.") for module in modules}


@pytest.mark.parametrize(
    "app",
    sorted(each.name for each in apps.get_app_configs() if each.name.startswith("backend.")),
)
def test_every_installed_app_is_a_layer_and_either_in_the_core_or_outside_it(app: str) -> None:
    name = app.removeprefix("backend.")

    assert name in layers()
    assert (name in core()) != (name in OUTSIDE_THE_CORE)


def test_every_layer_is_either_in_the_core_or_outside_it() -> None:
    assert core() | OUTSIDE_THE_CORE == layers()
    assert not core() & OUTSIDE_THE_CORE


def test_the_contract_of_layers_is_exhaustive() -> None:
    layered = contract("An app imports only apps of lower layers")

    assert layered["exhaustive"] is True
    assert layered["containers"] == ["backend"]


def test_every_package_is_checked_by_import_linter() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NO_PACKAGES

    assert packages == set(CONFIGURATION["root_packages"])
