"""The distribution of tests to the workers of pytest-xdist: each scope runs in one worker, long ones first."""

from contextlib import suppress
from typing import Any

from xdist.scheduler import LoadScopeScheduling

JOURNEYS = "tests/journeys"


def scope_of(nodeid: str) -> str:
    """Return the name of the tests that one worker runs: a module, or the journeys, which share a served shop."""
    module = nodeid.split("::", 1)[0]
    return JOURNEYS if module.startswith(f"{JOURNEYS}/") else module


class ScopeScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Distributes scopes instead of modules, and goes on after a worker's process ended.

    xdist 3.8 waits for ever then, because it hands out scopes again whose tests are complete, and runs the test
    that ended the process again (pytest-dev/pytest-xdist, issues 1323, 1327 and 1378).
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)

    def remove_node(self, node: Any) -> str | None:
        """Remove a worker; return the test that ended its process, or None if it had no test left.

        Its other tests are the next to be handed out.
        """
        units = self.assigned_work.pop(node)
        left = [test for unit in units.values() for test, is_complete in unit.items() if not is_complete]
        if not left:
            return None
        for scope, unit in reversed(units.items()):
            pending = {
                test: False for test, is_complete in unit.items() if not is_complete and test != left[0]
            }
            if pending:
                self.workqueue[scope] = pending
                self.workqueue.move_to_end(scope, last=False)
        for other in self.assigned_work:
            self._reschedule(other)
        return str(left[0])

    def _assign_work_unit(self, node: Any) -> None:
        # A process that has ended can't be told; when xdist notices it, `remove_node` hands out the scope again.
        with suppress(OSError):
            super()._assign_work_unit(node)

    def _reschedule(self, node: Any) -> None:
        if node not in self.registered_collections:
            return  # it replaces another and is still collecting
        super()._reschedule(node)
        # A worker begins a test once it knows the next one, or that there is none.
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            if not self.workqueue:
                node.shutdown()
                return
            self._assign_work_unit(node)


def scheduling(config: Any, log: Any) -> LoadScopeScheduling | None:
    """Return the distribution of `--dist loadscope`, or None for another one."""
    return ScopeScheduling(config, log) if config.getvalue("dist") == "loadscope" else None
