"""What a version was trained with: the commit, the source, and the packages that decide its numbers."""

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# An image has no .git; whoever builds it may say what it was built from.
COMMIT = "VITRINE_COMMIT"
PACKAGES = (
    "implicit",
    "msgspec",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "threadpoolctl",
)


def described() -> Mapping[str, Any]:
    """Return the environment as it is stored in a manifest.

    `commit` is None if it isn't known; `is_modified` is true if files of the source differ from it.
    """
    commit = os.environ.get(COMMIT) or _git("rev-parse", "HEAD")
    return {
        "commit": commit or None,
        "is_modified": bool(_git("status", "--porcelain", "--", "ml", "analytics_pipeline")),
        "source_sha256": source_sha256(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": _packages(),
    }


@cache
def source_sha256() -> str:
    """Return the SHA-256 of the paths and contents of all Python files of `ml`, in hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "ml").rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


@cache
def _packages() -> Mapping[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _git(*arguments: str) -> str:
    """Return what git prints about the source; empty without git, or if the source is no working tree."""
    program = shutil.which("git")
    if program is None or not (ROOT / ".git").exists():
        return ""
    command = [program, "-C", str(ROOT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
