"""The parameters of a generated shop. The same plan always gives the same shop."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import numpy as np
from numpy.random import Generator


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of the shop, the number of days before `now`, and the random seed."""

    products: int
    customers: int
    days: int
    seed: int
    now: datetime

    @property
    def begins_at(self) -> datetime:
        """The midnight at which the history begins."""
        start = self.now - timedelta(days=self.days)
        return start.replace(hour=0, minute=0, second=0, microsecond=0)

    def generator(self, part: str) -> Generator:
        """Return the random generator of one part of the shop, independent of the other parts."""
        return np.random.default_rng([self.seed, *part.encode()])


@dataclass(frozen=True, slots=True)
class Progress:
    """The plan of a shop, and whether it was completed."""

    plan: Plan
    is_finished: bool

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return the contents of the file, or None if there is none."""
        if not path.exists():
            return None
        stored = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan(**{**stored["plan"], "now": datetime.fromisoformat(stored["plan"]["now"])})
        return cls(plan=plan, is_finished=stored["is_finished"])

    def write(self, path: Path) -> None:
        """Write the progress to the file atomically."""
        stored = {
            "plan": {**asdict(self.plan), "now": self.plan.now.isoformat()},
            "is_finished": self.is_finished,
        }
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(stored), encoding="utf-8")
        draft.replace(path)
