"""Folders with a package.json, installed from their lock files once per test run."""

from pathlib import Path

from tests.clients.copies import prepared, run


def installed(folder: Path) -> Path:
    """Return a copy of the folder with its packages installed."""
    return prepared(
        folder,
        kind="npm",
        prepare=lambda copy: npm(copy, "ci", "--no-audit", "--no-fund", "--ignore-scripts"),
    )


def npm(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> str:
    """Run npm in `folder` and return its output; fail with the output if npm fails."""
    return run(folder, "npm", *arguments, environ={"CI": "true", **(environ or {})})
