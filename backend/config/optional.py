"""Folders of the repository that an installation may lack: the Docker image has none of them."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
GENERATED_SHOP = "demo"
"""The app that fills an empty shop with generated data."""


def is_installed(package: str) -> bool:
    """Return whether the package is in the folder that holds `backend`."""
    return (ROOT / package / "__init__.py").is_file()
