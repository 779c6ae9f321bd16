"""Reports, each with the same question asked of `events FINAL`, in the file `QUESTION.sql`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Question:
    """A report with its parameters, and the goal for (time of the SQL) / (time of the report).

    `asked` names the file of the SQL if it isn't named like the report.
    """

    report: str
    goal: float
    parameters: Mapping[str, object] = field(default_factory=dict)
    asked: str | None = None

    @property
    def sql(self) -> str:
        """The question as SQL on the events, written without the pipeline's views."""
        return (Path(__file__).parent / f"{self.asked or self.report}.sql").read_text()


_STEPS = {"steps": ["click", "view", "carted"], "by": "shopper", "window_minutes": 60, "bots": "include"}
QUESTIONS = (
    Question("product", 10, {"product": 77}),
    Question("queries", 10),
    Question("funnel", 50),
    Question("sales_by_period", 3, asked="sales"),
    Question("sales", 3),
    Question("funnel_steps", 1 / 1.2, _STEPS),
)
