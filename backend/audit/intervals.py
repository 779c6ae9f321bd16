"""A set of integers that are mostly consecutive, in little memory."""

from bisect import bisect_right
from collections.abc import Iterable


class Intervals:
    """The set as sorted intervals that neither overlap nor touch."""

    def __init__(self) -> None:
        """Create the empty set."""
        self._starts: list[int] = []
        self._ends: list[int] = []

    def __contains__(self, number: int) -> bool:
        """Return whether the number is in the set."""
        at = bisect_right(self._starts, number) - 1
        return at >= 0 and number <= self._ends[at]

    def add_all(self, numbers: Iterable[int]) -> None:
        """Add the numbers."""
        for number in numbers:
            self._add(number)

    def _add(self, number: int) -> None:
        at = bisect_right(self._starts, number)
        if at and number <= self._ends[at - 1]:
            return
        after_previous = at > 0 and self._ends[at - 1] == number - 1
        before_next = at < len(self._starts) and self._starts[at] == number + 1
        if after_previous and before_next:
            self._ends[at - 1] = self._ends.pop(at)
            del self._starts[at]
        elif after_previous:
            self._ends[at - 1] = number
        elif before_next:
            self._starts[at] = number
        else:
            self._starts.insert(at, number)
            self._ends.insert(at, number)
