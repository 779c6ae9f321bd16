"""The code of an earlier release, from this repository's history."""

import io
import subprocess
import tarfile
from pathlib import Path

from tests.services.shop import ROOT


def unpack(commit: str, folder: Path) -> bool:
    """Write the files of `commit` into `folder`; return False if the history doesn't contain it."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode != 0:
        return False
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return True
