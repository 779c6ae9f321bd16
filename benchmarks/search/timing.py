"""Durations and CPU times of alternating calls."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Cost:
    """Durations and own CPU times of one kind of call, in milliseconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def above(self, other: "Cost") -> tuple[float, float]:
        """Return the median differences to the calls of `other` that were made in turn: wall and CPU."""
        return (
            statistics.median(own - base for own, base in zip(self.wall, other.wall, strict=True)),
            statistics.median(own - base for own, base in zip(self.cpu, other.cpu, strict=True)),
        )

    def median(self) -> tuple[float, float]:
        """Return the median duration and CPU time."""
        return statistics.median(self.wall), statistics.median(self.cpu)


Call = Callable[[], object]


def alternate(calls: Sequence[Mapping[str, Call]], *, rounds: int) -> dict[str, Cost]:
    """Return the cost of each kind of call; each of `calls` has one call of every kind, made in turn."""
    costs = {name: Cost() for name in calls[0]}
    for each in calls:
        for call in each.values():
            call()
    gc.collect()
    gc.freeze()
    for number in range(rounds):
        for name, call in calls[number % len(calls)].items():
            cpu, begun = time.process_time(), time.perf_counter()
            call()
            costs[name].wall.append((time.perf_counter() - begun) * 1e3)
            costs[name].cpu.append((time.process_time() - cpu) * 1e3)
    gc.unfreeze()
    return costs
