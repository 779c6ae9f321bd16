"""The dashboard's pages, their panels, and the definitions of their numbers."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from analytics_pipeline.reports import Report
from backend.analytics import selectors
from backend.analytics.formats import CSV, PARQUET
from backend.api.errors import DomainError, InvalidInput, translated
from backend.dashboard import saved_views, schedules, views_by_mail
from backend.dashboard.access import FRAGMENT, error_page, page_for_viewers, user_of
from backend.dashboard.content import content_of
from backend.dashboard.declarations import Page, Panel
from backend.dashboard.filters import Filters, fields_of, ignored_by, in_words, parameters_of
from backend.dashboard.models import Frequency
from backend.dashboard.pages import PAGES, page_of
from backend.dashboard.periods import CUSTOM, PERIODS
from backend.dashboard.viewing import filters_of, is_staff, reports_of, result_of

_FORMATS = {each.name: each for each in (CSV, PARQUET)}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A panel, its report and the filters of the request."""

    page: Page
    panel: Panel
    report: Report
    filters: Filters


@require_safe
@page_for_viewers
def index(request: HttpRequest) -> HttpResponse:
    """Show the first page."""
    return _page(request, PAGES[0])


@require_safe
@page_for_viewers
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Show the page of this name, whose panels a script loads."""
    found = page_of(name)
    if found is None:
        raise Http404
    return _page(request, found)


def _page(request: HttpRequest, shown: Page) -> HttpResponse:
    reports, filters = _reports(request), _filters(request, shown)
    panels = [panel for panel in shown.panels if panel.report in reports]
    if not panels:
        raise PermissionDenied("This page is for staff.")
    return render(
        request,
        "dashboard/page.html",
        {
            **_frame(request, shown, filters, reports),
            "panels": panels,
            **_views(request),
        },
    )


def _views(request: HttpRequest) -> dict[str, Any]:
    """Return what the list of saved views shows."""
    return {
        "saved_views": views_by_mail.listed(user_of(request)),
        "frequencies": [("", "never"), *Frequency.choices],
        "weekdays": list(enumerate(schedules.WEEKDAYS)),
        "hours": range(24),
        "time_zone": settings.SHOP_TIME_ZONE,
    }


def _frame(request: HttpRequest, shown: Page, filters: Filters, reports: dict[str, Report]) -> dict[str, Any]:
    """Return what a page and a panel's own page have in common."""
    fields = fields_of(shown, reports, filters, is_staff=is_staff(user_of(request)))
    first, others = fields[:2], fields[2:]
    return {
        **_navigation(request, reports, current=shown.name),
        "page": shown,
        "title": shown.title,
        "filters": filters,
        "query": filters.query(),
        "periods": [*((name, title) for name, (title, _) in PERIODS.items()), (CUSTOM, "From … to …")],
        "fields": first,
        "more_fields": others,
        "has_more": any(
            field.value not in ("", shown.defaults.get(field.name)) and not field.choices for field in others
        ),
        "faults": [f"{in_words(name)} {fault}." for name, fault in filters.faults.items()],
    }


def _navigation(request: HttpRequest, reports: dict[str, Report], *, current: str = "") -> dict[str, Any]:
    pages = [each for each in PAGES if any(panel.report in reports for panel in each.panels)]
    return {
        "pages": pages,
        "current": current,
        "is_staff": is_staff(user_of(request)),
        "user": user_of(request),
    }


def _reports(request: HttpRequest) -> dict[str, Report]:
    return reports_of(user_of(request))


def _filters(request: HttpRequest, shown: Page) -> Filters:
    given = {name: str(value) for name, value in request.GET.items()}
    return filters_of(user_of(request), shown, given, today=schedules.shop_day(timezone.now()))


def _asked(request: HttpRequest, page_name: str, name: str) -> _Asked:
    """Return what the address names.

    Raises:
        Http404: there is no such panel.
        PermissionDenied: the user may not run its report.
    """
    shown = page_of(page_name)
    panel = shown.panel(name) if shown else None
    if shown is None or panel is None:
        raise Http404
    report = _reports(request).get(panel.report)
    if report is None:
        raise PermissionDenied("These numbers are for staff.")
    return _Asked(shown, panel, report, _filters(request, shown))


@require_safe
@page_for_viewers
def panel(request: HttpRequest, page_name: str, name: str) -> HttpResponse:
    """Show a panel on a page of its own, or for the script without the page."""
    asked = _asked(request, page_name, name)
    is_alone = FRAGMENT not in request.headers
    try:
        shown = _shown(request, asked, is_alone=is_alone)
    except Exception as error:
        found = translated(error)
        if not isinstance(found, DomainError):
            raise
        return error_page(
            request, status=found.status, message=_explained(found), headers=dict(found.headers)
        )
    if not is_alone:
        return render(request, "dashboard/_panel.html", shown)
    frame = _frame(request, asked.page, asked.filters, _reports(request))
    return render(request, "dashboard/panel.html", {**frame, **shown, "title": asked.panel.title})


def _shown(request: HttpRequest, asked: _Asked, *, is_alone: bool) -> dict[str, Any]:
    """Return what the template of a panel shows.

    Raises:
        InvalidInput: a filter can't be used.

    It also raises the exceptions of `selectors.run`.
    """
    if asked.filters.faults:
        raise InvalidInput(**asked.filters.faults)
    result = result_of(user_of(request), asked.panel, asked.report, asked.filters)
    ignored = ignored_by(asked.panel, asked.report, asked.filters, page=asked.page)
    return {
        "page": asked.page,
        "panel": asked.panel,
        "report": asked.report,
        "query": asked.filters.query(),
        "content": content_of(asked.panel, asked.report, result, asked.filters, is_alone=is_alone),
        "ignored": [in_words(name) for name in ignored],
        "is_alone": is_alone,
    }


def _explained(error: DomainError) -> str:
    if not isinstance(error, InvalidInput):
        return error.message
    faults = [(name, text) for name, texts in error.details.items() for text in _texts(texts)]
    return " ".join(f"{in_words(name)} {text.rstrip('.')}." for name, text in faults)


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


@require_safe
@page_for_viewers
def export(request: HttpRequest, page_name: str, name: str) -> HttpResponseBase:
    """Send all rows and columns of a panel's report as a file."""
    asked = _asked(request, page_name, name)
    chosen = _FORMATS.get(request.GET.get("format", CSV.name))
    if chosen is None or not asked.report.sql:
        raise Http404
    if asked.filters.faults:
        raise InvalidInput(**asked.filters.faults)
    file = selectors.export(
        asked.report.name,
        user=user_of(request),
        parameters=parameters_of(asked.panel, asked.report, asked.filters),
        report_format=chosen,
    )
    days = asked.filters.days
    file_name = f"{asked.page.name}-{asked.panel.name}-{days.first}-{days.last}.{chosen.name}"
    return FileResponse(file, content_type=chosen.media_type, as_attachment=True, filename=file_name)


@require_POST
@page_for_viewers
def save_view(request: HttpRequest, name: str) -> HttpResponse:
    """Save the page with the filters of the address under the name of the form."""
    shown = page_of(name)
    if shown is None:
        raise Http404
    user, filters, given = user_of(request), _filters(request, shown), request.POST.get("name", "")
    try:
        view = saved_views.save_view(user, name=given, page=shown, filters=filters, now=timezone.now())
    except InvalidInput as error:
        messages.error(request, _explained(error))
    else:
        messages.success(request, f"{view.name} is saved.")
    return HttpResponseRedirect(f"{reverse('dashboard:page', args=[name])}?{filters.query()}")


@require_POST
@page_for_viewers
def delete_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Delete a saved view of the user."""
    if not saved_views.delete_view(user_of(request), view_id=view_id):
        raise Http404
    messages.success(request, "The view is deleted.")
    return HttpResponseRedirect(reverse("dashboard:index"))


@require_POST
@page_for_viewers
def schedule_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Choose when a saved view of the user is mailed."""
    given = {name: str(value) for name, value in request.POST.items()}
    address = reverse("dashboard:index")
    try:
        view = schedules.choose(user_of(request), view_id=view_id, given=given, now=timezone.now())
    except InvalidInput as error:
        messages.error(request, _explained(error))
        return HttpResponseRedirect(address)
    if view is None:
        raise Http404
    is_mailed = bool(given.get("frequency"))
    messages.success(request, f"{view.name} will {'' if is_mailed else 'not '}be sent by e-mail.")
    return HttpResponseRedirect(f"{reverse('dashboard:page', args=[view.page])}?{view.query}")


@require_safe
@page_for_viewers
def definitions(request: HttpRequest) -> HttpResponse:
    """List the reports that the user may run."""
    reports = _reports(request)
    shown = {**_navigation(request, reports, current="definitions"), "title": "Definitions"}
    return render(request, "dashboard/definitions.html", {**shown, "reports": list(reports.values())})


@require_safe
@page_for_viewers
def definition(request: HttpRequest, name: str) -> HttpResponse:
    """Show what a report's numbers mean: its description, parameters, columns and SQL."""
    reports = _reports(request)
    if name not in reports:
        raise Http404
    shown = {**_navigation(request, reports, current="definitions"), "title": name}
    return render(request, "dashboard/definition.html", {**shown, "report": reports[name]})
