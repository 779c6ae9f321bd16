"""The distribution of tests to the workers of pytest-xdist: each scope runs in one worker, long ones first."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

JOURNEYS = "tests/journeys"


def scope_of(nodeid: str) -> str:
    """Return the name of the tests that one worker runs: a module, or the journeys, which share a served shop."""
    module = nodeid.split("::", 1)[0]
    return JOURNEYS if module.startswith(f"{JOURNEYS}/") else module


class ScopeScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Distributes scopes instead of modules."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scheduling(config: Any, log: Any) -> LoadScopeScheduling | None:
    """Return the distribution of `--dist loadscope`, or None for another one."""
    return ScopeScheduling(config, log) if config.getvalue("dist") == "loadscope" else None
