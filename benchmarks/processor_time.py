"""The processor time of processes, as Linux counts it."""

import os
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
"""The seconds in which Linux counts."""
PROC = Path("/proc")


def own_cpu_seconds(pid: int) -> float:
    """Return the process's user and system time."""
    # The name of a process, the second field, may contain spaces.
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def cpu_seconds(pid: int) -> float:
    """Return the user and system time of the process and of its running descendants."""
    return own_cpu_seconds(pid) + sum(map(cpu_seconds, children(pid)))


def children(pid: int) -> list[int]:
    """Return the process's children."""
    tasks = (PROC / str(pid) / "task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
