"""What a test may need and this machine may lack."""

import os
from dataclasses import dataclass

import pytest

_PREFIX = "not to be had here: "


@dataclass(frozen=True, slots=True)
class Need:
    """Something from outside: `variable` says where it is."""

    what: str
    variable: str


NEEDS = {
    "elasticsearch": Need("a running Elasticsearch", "TEST_ELASTICSEARCH_URL"),
    "data": Need("the public data sets", "TEST_DATA_DIR"),
}


def require(name: str) -> str:
    """Return where the need `name` is met; skip the test, or fail it where skipping is not allowed."""
    value = os.environ.get(NEEDS[name].variable)
    if value:
        return value
    reason = f"{_PREFIX}{name} (set {NEEDS[name].variable})"
    if name in _required():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def missing_in(reason: str) -> str | None:
    """Return the need that a skip's reason names; None for a skip of another kind."""
    _, found, rest = reason.partition(_PREFIX)
    return rest.split(" ", 1)[0] if found else None


def _required() -> frozenset[str]:
    default = "all" if os.environ.get("CI", "").lower() in ("1", "true") else "none"
    asked = frozenset(os.environ.get("VITRINE_REQUIRE_SERVICES", default).split(","))
    return frozenset(NEEDS) if asked & {"all", "1"} else asked
