"""What a mailed report shows: the panels of a view as texts, and their rows as files."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from analytics_pipeline.reports import Report, ReportResult
from analytics_pipeline.reports.results import to_csv
from backend.accounts.models import User
from backend.analytics.amounts import precise_row
from backend.api.errors import DomainError, translated
from backend.dashboard.content import Content, content_of
from backend.dashboard.declarations import Kind, Page, Panel
from backend.dashboard.errors import NotMailed
from backend.dashboard.filters import Filters
from backend.dashboard.models import ReportMail, SavedView, Schedule
from backend.dashboard.pages import page_of
from backend.dashboard.viewing import filters_of, is_staff, is_viewer, reports_of, result_of
from backend.engines.warehouse import warehouse_for_background
from backend.notifications.models import NotificationKind, Unsubscription

LARGEST_FILE = 500_000
"""The characters of a file above which it isn't attached, but linked."""
_FIRST_OF_SERVER = 500
_NOTHING: Mapping[str, Any] = {"figures": [], "headings": [], "rows": [], "total": 0}


def content_for(mail: ReportMail, *, is_last: bool) -> Mapping[str, Any]:
    """Return the content of a report as of its day; in the last attempt, a panel that fails has an error.

    `reports` are the names of the reports that it is made of, `whole_shop` says that they cover all sellers:
    `may_see` compares both with the rights of the owner when the message is sent.

    Raises:
        NotMailed: the owner may not or doesn't want to get it.

    It also raises the exceptions of `selectors.run` that are no fault of the request; in the last attempt,
    only if no panel can be read.
    """
    view = mail.view
    refuse_unwanted(view)
    page, filters, reports = _opened(view, mail=mail)
    panels = [panel for panel in page.panels if panel.report in reports]
    if not panels:
        raise NotMailed("The page is for staff.")
    shown, failures = [], []
    for panel in panels:
        try:
            shown.append(_panel(view.user, page, panel, reports[panel.report], filters))
        except Exception as error:
            found = translated(error)
            if not isinstance(found, DomainError) or not (is_last or found.status < _FIRST_OF_SERVER):
                raise
            failures.append(error)
            shown.append(({**_head(panel), **_NOTHING, "error": found.message}, None))
    if len(failures) == len(panels):
        raise failures[0]
    with_files = view.schedule.with_files
    return {
        "reports": sorted({panel.report for panel in panels}),
        "whole_shop": is_staff(view.user),
        "days": [filters.days.first.isoformat(), filters.days.last.isoformat()],
        "panels": [panel for panel, _ in shown],
        "files": [file for _, file in shown if file and with_files],
    }


def refuse_unwanted(view: SavedView) -> None:
    """Raise NotMailed if the view isn't to be mailed to its user."""
    schedule = Schedule.objects.filter(view=view).first()
    if schedule is None:
        raise NotMailed("Mailing was stopped.")
    if not view.user.is_active:
        raise NotMailed("The account is inactive.")
    if not is_viewer(view.user):
        raise NotMailed("This account may see no reports.")
    if is_unsubscribed(schedule, unsubscribed_at=unsubscribed_at(view.user)):
        raise NotMailed("You unsubscribed from reports by e-mail.")


def unsubscribed_at(user: User) -> datetime | None:
    """Return when the user last unsubscribed from mailed reports."""
    rows = Unsubscription.objects.filter(user=user, kind=NotificationKind.REPORT)
    return rows.order_by("-created_at").values_list("created_at", flat=True).first()


def is_unsubscribed(schedule: Schedule, *, unsubscribed_at: datetime | None) -> bool:
    """Return whether the user unsubscribed after choosing the schedule."""
    return unsubscribed_at is not None and unsubscribed_at >= schedule.chosen_at


def may_see(user: User, content: Mapping[str, Any]) -> bool:
    """Return whether the user may still see what the content shows."""
    return is_staff(user) == content["whole_shop"] and set(content["reports"]) <= reports_of(user).keys()


def _opened(view: SavedView, *, mail: ReportMail) -> tuple[Page, Filters, dict[str, Report]]:
    page = page_of(view.page)
    if page is None:
        raise NotMailed("The page no longer exists.")
    given = dict(parse_qsl(view.query, keep_blank_values=True))
    filters = filters_of(view.user, page, given, today=mail.day)
    if filters.faults:
        raise NotMailed("The filters of the view can't be used any more: save it again.")
    return page, filters, reports_of(view.user)


def _panel(
    user: User, page: Page, panel: Panel, report: Report, filters: Filters
) -> tuple[dict[str, Any], dict[str, str] | None]:
    """Return a panel, and its rows as a file; None for figures, and for rows that are too many."""
    result = result_of(user, panel, report, filters, opened=warehouse_for_background)
    shown = content_of(panel, report, result, filters, is_alone=False)
    days = filters.days
    name = f"{page.name}-{panel.name}-{days.first}-{days.last}.csv"
    return {**_head(panel), **_texts(shown)}, _file(panel, result, name=name)


def _head(panel: Panel) -> dict[str, Any]:
    return {"name": panel.name, "title": panel.title, "about": panel.about}


def _texts(shown: Content) -> dict[str, Any]:
    figures = [
        {
            "title": figure.title,
            "totals": [{"text": each.text, "change": each.change} for each in figure.totals],
        }
        for figure in shown.figures
    ]
    table = shown.table
    if table is None:
        return {**_NOTHING, "figures": figures}
    return {
        "figures": figures,
        "headings": [{"title": each.title, "is_number": each.is_number} for each in table.headings],
        "rows": [
            [{"text": cell.text, "is_number": cell.is_number} for cell in row.cells] for row in table.rows
        ],
        "total": table.total,
    }


def _file(panel: Panel, result: ReportResult, *, name: str) -> dict[str, str] | None:
    if panel.kind is Kind.FIGURES or not result.rows:
        return None
    text = to_csv(result.columns, (precise_row(result.columns, row) for row in result.rows))
    return {"name": name, "text": text} if len(text) <= LARGEST_FILE else None


def lines_of_text(panel: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a panel's table for a message of plain text, with columns of equal width."""
    headings = [heading["title"] for heading in panel["headings"]]
    rows = [headings, *([cell["text"] for cell in row] for row in panel["rows"])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    is_number = [heading["is_number"] for heading in panel["headings"]]
    for row in rows:
        cells = zip(row, widths, is_number, strict=True)
        padded = [text.rjust(width) if number else text.ljust(width) for text, width, number in cells]
        yield "  ".join(padded).rstrip()
