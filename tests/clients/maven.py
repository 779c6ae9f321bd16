"""Folders with a pom.xml: their libraries are fetched, and their programs compiled, once a run."""

from pathlib import Path

from tests.clients.copies import prepared, run

FETCH = ("mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies", "-DoutputDirectory=lib")


def installed(name: str) -> Path:
    """Return a copy of the folder `name` of tests/clients compiled, with its libraries in `lib`."""
    return prepared(name, kind="maven", prepare=_compile)


def _compile(copy: Path) -> None:
    run(copy, *FETCH)
    run(copy, "javac", "-cp", "lib/*", *(path.name for path in copy.glob("*.java")))
