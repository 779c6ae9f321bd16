"""External services and programs that tests need, and that a machine may lack."""

import os
import shutil
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.util import find_spec

import pytest

_PREFIX = "not available here: "


@dataclass(frozen=True, slots=True)
class Variable:
    """An external service or folder whose address is in an environment variable."""

    what: str
    name: str

    @property
    def remedy(self) -> str:
        """Return how to provide it."""
        return f"set {self.name}"

    def found(self) -> str | None:
        """Return the address, if there is one."""
        return os.environ.get(self.name) or None


@dataclass(frozen=True, slots=True)
class Programs:
    """Programs on the PATH."""

    what: str
    names: tuple[str, ...]

    @property
    def remedy(self) -> str:
        """Return how to provide them."""
        return f"install {' and '.join(self.names)}"

    def found(self) -> str | None:
        """Return the path of the first program if all are installed."""
        paths = [shutil.which(name) for name in self.names]
        return paths[0] if all(paths) else None


@dataclass(frozen=True, slots=True)
class Library:
    """A shared library of the system."""

    what: str
    name: str
    remedy: str

    def found(self) -> str | None:
        """Return the library's file name, if it is installed."""
        return find_library(self.name)


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package that is installed apart, and programs that it runs."""

    what: str
    name: str
    remedy: str
    programs: tuple[str, ...] = ()

    def found(self) -> str | None:
        """Return the package's name, if it and its programs are installed."""
        return self.name if find_spec(self.name) and all(map(shutil.which, self.programs)) else None


NEEDS: dict[str, Variable | Programs | Library | Package] = {
    "elasticsearch": Variable("a running Elasticsearch", "TEST_ELASTICSEARCH_URL"),
    "data": Variable("the public data sets", "TEST_DATA_DIR"),
    "models": Variable("a published encoder", "TEST_MODELS_DIR"),
    "node": Programs("Node.js 20 or later", ("node", "npm")),
    "pango": Library(
        "Pango", "pangoft2-1.0", "install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0"
    ),
    "browser": Programs("Chromium", ("chromium",)),
    "java": Programs("a JDK 17 or later and Maven", ("java", "mvn")),
    "spark": Package("Spark", "pyspark", "install Java 17 and run `make spark`", ("java",)),
    "mlflow": Package("MLflow's client", "mlflow", "run `make mlflow`"),
}


def require(name: str) -> str:
    """Return the address or path of a requirement; if it is missing, skip the test, or fail it if it is mandatory."""
    need = NEEDS[name]
    found = need.found()
    if found is not None:
        return found
    reason = f"{_PREFIX}{name} ({need.remedy})"
    if name in _required():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def missing_in(reason: str) -> str | None:
    """Return the requirement that the reason of a skip names; None for other skips."""
    _, found, rest = reason.partition(_PREFIX)
    return rest.split(" ", 1)[0] if found else None


def _required() -> frozenset[str]:
    default = "all" if os.environ.get("CI", "").lower() in ("1", "true") else "none"
    required = frozenset(os.environ.get("VITRINE_REQUIRE_SERVICES", default).split(","))
    return frozenset(NEEDS) if required & {"all", "1"} else required
