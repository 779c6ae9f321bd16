"""Folders with a pom.xml, whose libraries are fetched and programs compiled once per test run."""

from pathlib import Path

from tests.clients.copies import CLIENTS, prepared, run

FETCH = ("mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies", "-DoutputDirectory=lib")


def installed(name: str) -> Path:
    """Return a compiled copy of the folder `name` of tests/clients, with its libraries in `lib`."""
    return prepared(CLIENTS / name, kind="maven", prepare=_compile)


def _compile(copy: Path) -> None:
    run(copy, *FETCH)
    run(copy, "javac", "-cp", "lib/*", *(path.name for path in copy.glob("*.java")))
