"""Optional packages of the repository, which are not part of the Docker image."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
GENERATED_SHOP = "demo"
"""The app that fills an empty shop with generated data."""


def is_installed(package: str) -> bool:
    """Return whether the package exists next to `backend`."""
    return (ROOT / package / "__init__.py").is_file()
