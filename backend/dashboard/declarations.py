"""The declarations of pages and panels; docs/decisions/dashboard.md says how they work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from analytics_pipeline.reports.parameters import FIRST_DAY
from backend.dashboard.periods import DEFAULT

EVER = {"start_date": FIRST_DAY.isoformat()}
"""The parameters of a panel whose report reads everything before the end of the page's period."""


class Kind(StrEnum):
    """How a panel shows the rows of its report."""

    FIGURES = "figures"
    LINE = "line"
    BAR = "bar"
    TABLE = "table"
    FUNNEL = "funnel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number: the sum of a column over all rows, or the ratio of two sums.

    `previous` is the column with the same figure of the earlier range. With `per`, the sum of `column` is
    divided by that of `per`, and `shown` is the column whose definition it has. `target` is the panel
    ("page/panel") with the rows behind it.
    """

    column: str
    title: str
    previous: str = ""
    per: str = ""
    shown: str = ""
    target: str = ""
    more_is_better: bool = True

    @property
    def defined_by(self) -> str:
        """The column of the report that defines the figure."""
        return self.shown or self.column


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """Where the cells of a column lead: to another panel, for the value of the row.

    `target` is "page/panel". The value of `column` is given to the target's `parameter`; a period narrows the
    dates instead. An empty `parameter` is the breakdown of the request, such as `country`.
    """

    target: str
    column: str = "period"
    parameter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of a page: the rows of one report.

    `parameters` are fixed. `label` is the column that names the rows, `values` are the columns that a chart
    shows, `series` is the column that divides them into several lines, and `previous` names the columns with
    the values of the earlier range. `columns` are those of the table, by default all; the panel's own page
    has all columns. Those of bars are texts, and numbers that can be added up over periods. `sort` is the
    column whose largest values come first in a table.
    """

    name: str
    title: str
    report: str
    kind: Kind
    about: str = ""
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    label: str = ""
    values: tuple[str, ...] = ()
    series: str = ""
    previous: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    drill: Drill | None = None
    sort: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its panels, and the parameters of their reports that it offers as filters.

    `defaults` are values of filters that the address doesn't have.
    """

    name: str
    title: str
    about: str
    panels: tuple[Panel, ...]
    filters: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    default_period: str = DEFAULT

    def panel(self, name: str) -> Panel | None:
        """Return the panel of this name."""
        return next((panel for panel in self.panels if panel.name == name), None)
