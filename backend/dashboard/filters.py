"""The filters of a page, which are the query string of its address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from analytics_pipeline.reports import Parameter, Report
from analytics_pipeline.reports.parameters import FIRST_DAY, LAST_DAY
from backend.dashboard.declarations import Page, Panel
from backend.dashboard.periods import CUSTOM, PERIODS, Days, length_of_rows

AUTOMATIC = "auto"
SELLER = "seller"
_DATES = ("start_date", "end_date")
_LONGEST_VALUE = 1_000


@dataclass(frozen=True, slots=True)
class Filters:
    """What an address chooses. `values` has the other filters by name; `faults` what can't be used.

    `opens_orders` says that ids of orders lead to their pages in the admin.
    """

    period: str
    days: Days
    values: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)
    opens_orders: bool = False

    @property
    def group_by(self) -> str:
        """The length of the rows' periods."""
        chosen = self.values.get("group_by", AUTOMATIC)
        return length_of_rows(self.days) if chosen == AUTOMATIC else chosen

    def query(self, **changes: str) -> str:
        """Return the query string of these filters after changes; an empty value removes a filter."""
        chosen = {"period": self.period}
        if self.period == CUSTOM:
            chosen |= dict(zip(_DATES, map(date.isoformat, (self.days.first, self.days.last)), strict=True))
        chosen |= self.values
        return urlencode({name: value for name, value in {**chosen, **changes}.items() if value})

    def during(self, days: Days, **changes: str) -> str:
        """Return the query string of these filters for other days."""
        dates = {"start_date": days.first.isoformat(), "end_date": days.last.isoformat()}
        return self.query(period=CUSTOM, **dates, **changes)


def read(page: Page, given: Mapping[str, str], *, today: date, is_staff: bool) -> Filters:
    """Return the filters that a query string chooses, with the page's defaults; unknown names are ignored."""
    period = given.get("period", page.default_period)
    names = [*page.filters, *([SELLER] if is_staff else [])]
    chosen = {name: given.get(name, page.defaults.get(name, "")).strip() for name in names}
    values = {name: value for name, value in chosen.items() if value or name in given}
    faults = {name: "is too long" for name, value in values.items() if len(value) > _LONGEST_VALUE}
    days = PERIODS[page.default_period][1](today)
    if period in PERIODS:
        days = PERIODS[period][1](today)
    elif period == CUSTOM:
        try:
            days = _custom(given)
        except ValueError as error:
            faults["period"] = str(error)
    else:
        faults["period"] = f"must be one of {', '.join([*PERIODS, CUSTOM])}"
    return Filters(
        period=period if period in {*PERIODS, CUSTOM} else page.default_period,
        days=days,
        values=values,
        faults=faults,
    )


def _custom(given: Mapping[str, str]) -> Days:
    """Return the two dates.

    Raises:
        ValueError: one is missing or no date, or they are reversed.
    """
    dates = []
    for name, title in zip(_DATES, ("first day", "last day"), strict=True):
        try:
            dates.append(date.fromisoformat(given.get(name, "")))
        except ValueError:
            raise ValueError(f"needs a {title} in the form YYYY-MM-DD") from None
    first, last = dates
    if last < first:
        raise ValueError("has a last day before its first day")
    if first < FIRST_DAY or last > LAST_DAY:
        raise ValueError(f"must be between {FIRST_DAY} and {LAST_DAY}")
    return Days(first, last)


def parameters_of(panel: Panel, report: Report, filters: Filters) -> dict[str, object]:
    """Return the parameters with which the panel's report is run."""
    known = {parameter.name for parameter in report.parameters}
    chosen: dict[str, object] = {
        "start_date": filters.days.first.isoformat(),
        "end_date": filters.days.last.isoformat(),
        **filters.values,
        "group_by": filters.group_by,
    }
    taken = {name: value for name, value in chosen.items() if name in known and value != ""}
    if SELLER in report.scope and filters.values.get(SELLER):
        taken[SELLER] = filters.values[SELLER]
    return {**taken, **panel.parameters}


def ignored_by(panel: Panel, report: Report, filters: Filters, *, page: Page) -> list[str]:
    """Return the chosen filters that the panel's report doesn't have; those with a default are no choice."""
    known = {parameter.name for parameter in report.parameters} | ({SELLER} & report.scope)
    return [
        name
        for name, value in filters.values.items()
        if value not in ("", page.defaults.get(name)) and (name not in known or name in panel.parameters)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A filter as a field of the form."""

    name: str
    title: str
    value: str
    description: str
    choices: tuple[tuple[str, str], ...] = ()
    is_number: bool = False


def fields_of(page: Page, reports: Mapping[str, Report], filters: Filters, *, is_staff: bool) -> list[Field]:
    """Return the page's fields; the first of the page's reports that has the parameter declares it."""
    fields = []
    for name in page.filters:
        parameter = _declared(page, reports, name)
        if parameter is not None:
            fields.append(_field(parameter, filters.values.get(name, "")))
    if is_staff and any(
        SELLER in reports[panel.report].scope for panel in page.panels if panel.report in reports
    ):
        value, about = filters.values.get(SELLER, ""), "The id of a seller; all sellers if it is empty."
        fields.append(Field(name=SELLER, title="Seller", value=value, description=about, is_number=True))
    return fields


def _declared(page: Page, reports: Mapping[str, Report], name: str) -> Parameter | None:
    for panel in page.panels:
        report = reports.get(panel.report)
        for parameter in report.parameters if report and name not in panel.parameters else ():
            if parameter.name == name:
                return parameter
    return None


def _field(parameter: Parameter, value: str) -> Field:
    choices = [(choice, in_words(choice) if choice else "All") for choice in parameter.choices]
    if parameter.name == "group_by":
        choices, value = [(AUTOMATIC, "Automatic"), *choices], value or AUTOMATIC
    return Field(
        name=parameter.name,
        title=in_words(parameter.name),
        value=value or (str(parameter.default) if choices else ""),
        description=parameter.description,
        choices=tuple(choices),
        is_number=parameter.type == "UInt64",
    )


def in_words(name: str) -> str:
    """Return a name such as customer_type as a title."""
    return name.replace("_", " ").capitalize()
