"""What is to be generated. The same plan gives the same shop, to the last event."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import numpy as np
from numpy.random import Generator


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the shop is, how far its past reaches back from `now`, and the seed of all chance."""

    products: int
    customers: int
    days: int
    seed: int
    now: datetime

    @property
    def begins_at(self) -> datetime:
        """The midnight at which the past begins."""
        start = self.now - timedelta(days=self.days)
        return start.replace(hour=0, minute=0, second=0, microsecond=0)

    def generator(self, part: str) -> Generator:
        """Return the source of chance for one part of the shop, whatever the other parts draw."""
        return np.random.default_rng([self.seed, *part.encode()])


@dataclass(frozen=True, slots=True)
class Progress:
    """Which plan a shop was begun with, and whether it was carried out to the end."""

    plan: Plan
    is_finished: bool

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return what the file says; None where there is none."""
        if not path.exists():
            return None
        kept = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan(**{**kept["plan"], "now": datetime.fromisoformat(kept["plan"]["now"])})
        return cls(plan=plan, is_finished=kept["is_finished"])

    def write(self, path: Path) -> None:
        """Keep it in the file, whole or not at all."""
        kept = {
            "plan": {**asdict(self.plan), "now": self.plan.now.isoformat()},
            "is_finished": self.is_finished,
        }
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        draft.replace(path)
