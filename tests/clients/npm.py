"""Folders with a package.json: installed from their lock, once a run."""

from pathlib import Path

from tests.clients.copies import prepared, run


def installed(name: str) -> Path:
    """Return a copy of the folder `name` of tests/clients with its packages installed."""
    return prepared(
        name,
        kind="npm",
        prepare=lambda copy: npm(copy, "ci", "--no-audit", "--no-fund", "--ignore-scripts"),
    )


def npm(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> str:
    """Run npm in `folder`; return what it wrote, and fail with that when it fails."""
    return run(folder, "npm", *arguments, environ={"CI": "true", **(environ or {})})
