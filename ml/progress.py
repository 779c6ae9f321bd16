"""How far a training is: the number and the name of the step that is being done."""

from collections.abc import Callable
from dataclasses import dataclass, field

Report = Callable[[str, int, int], None]
"""Called with the name of a step that begins, how many are done, and how many there are."""


@dataclass(slots=True)
class Steps:
    """Counts the steps of a training; `of` are planned, of which some may turn out to be unnecessary."""

    of: int
    report: Report = field(default=lambda _name, _done, _of: None)
    begun: int = 0

    def start(self, name: str) -> None:
        """Begin the next step."""
        self.begun = min(self.begun + 1, self.of)
        self.report(name, self.begun - 1, self.of)

    def start_last(self, name: str, *, left: int) -> None:
        """Begin the step after which `left` are left, whether or not all before it were necessary."""
        self.begun = self.of - left - 1
        self.start(name)
