"""The periods that a page can be about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

CUSTOM, DEFAULT = "custom", "last_30_days"
_MOST_DAYS_BY_DAY, _MOST_DAYS_BY_WEEK = 31, 190


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days; both ends are part of it."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1


def _last_days(count: int) -> Callable[[date], Days]:
    return lambda today: Days(today - timedelta(days=count - 1), today)


def _yesterday(today: date) -> Days:
    return Days(today - timedelta(days=1), today - timedelta(days=1))


def _last_week(today: date) -> Days:
    """Return the last week that has ended, from Monday to Sunday."""
    monday = today - timedelta(days=today.weekday() + 7)
    return Days(monday, monday + timedelta(days=6))


def _this_month(today: date) -> Days:
    return Days(today.replace(day=1), today)


def _last_month(today: date) -> Days:
    last = today.replace(day=1) - timedelta(days=1)
    return Days(last.replace(day=1), last)


def _last_twelve_months(today: date) -> Days:
    """Return this month and the eleven before it."""
    year, month = divmod(today.year * 12 + today.month - 12, 12)
    return Days(date(year, month + 1, 1), today)


PERIODS: Mapping[str, tuple[str, Callable[[date], Days]]] = {
    "today": ("Today", _last_days(1)),
    "yesterday": ("Yesterday", _yesterday),
    "last_7_days": ("Last 7 days", _last_days(7)),
    "last_30_days": ("Last 30 days", _last_days(30)),
    "last_90_days": ("Last 90 days", _last_days(90)),
    "last_12_months": ("Last 12 months", _last_twelve_months),
    "last_week": ("Last week", _last_week),
    "this_month": ("This month", _this_month),
    "last_month": ("Last month", _last_month),
    "this_year": ("This year", lambda today: Days(today.replace(month=1, day=1), today)),
}
"""Each period's title, and its days as of a day."""


def length_of_rows(days: Days) -> str:
    """Return the `group_by` that suits so many days: at most about 31 rows."""
    if days.count <= _MOST_DAYS_BY_DAY:
        return "day"
    return "week" if days.count <= _MOST_DAYS_BY_WEEK else "month"


def days_of(period: str, *, group_by: str) -> Days | None:
    """Return the days of a row's period (2026-01, a Monday, or a day); None for other texts."""
    try:
        if group_by == "month":
            first = date.fromisoformat(f"{period}-01")
            return Days(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        first = date.fromisoformat(period)
    except ValueError:
        return None
    return Days(first, first + timedelta(days=6 if group_by == "week" else 0))


def common(days: Days, other: Days) -> Days:
    """Return the days that are in both ranges, which must overlap."""
    return Days(max(days.first, other.first), min(days.last, other.last))
