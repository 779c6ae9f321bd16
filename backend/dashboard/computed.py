"""Reports that are computed in the shop, because the warehouse can't know them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from analytics_pipeline.reports import Column, Report, ReportResult
from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.operations import health


@dataclass(frozen=True, slots=True)
class Computed:
    """A report for staff with an area, and the function that returns its rows."""

    report: Report
    area: StaffArea
    rows: Callable[[], list[tuple[object, ...]]]

    def run(self) -> ReportResult:
        """Return the rows."""
        columns = tuple(column.name for column in self.report.columns)
        return ReportResult(columns=columns, rows=tuple(self.rows()), parameters={})


def computed_for(user: User) -> Mapping[str, Computed]:
    """Return the computed reports that the user may see, by name."""
    return {each.report.name: each for each in ALL if user.has_area(each.area)}


def _health() -> list[tuple[object, ...]]:
    """Return a row for each part, those that fail first; the checks end within their own deadline."""
    probes = sorted(health.probe_all(), key=lambda probe: probe.healthy)
    return [
        (
            probe.name,
            "works" if probe.healthy else "fails",
            float(probe.latency_ms),
            ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in probe.facts.items()) or "–",
        )
        for probe in probes
    ]


ALL = (
    Computed(
        Report(
            name="health",
            description=(
                "The parts of the shop at this moment, as `manage.py health` sees them: whether "
                "they work, and how far events, order facts and the search index lag behind the shop."
            ),
            scope=frozenset({"staff"}),
            parameters=(),
            columns=(
                Column("part", "String", "The name of the part."),
                Column("state", "String", "works or fails."),
                Column("milliseconds", "Float64", "The duration of the check."),
                Column("facts", "String", "What the check reports, such as a lag."),
            ),
            sql="",
        ),
        StaffArea.OPERATIONS,
        _health,
    ),
)
