"""What a user may see: reports, and the rows of a panel with filters."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from analytics_pipeline.reports import Report, ReportResult
from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.analytics import selectors
from backend.analytics.selectors import OpensWarehouse
from backend.dashboard.computed import computed_for
from backend.dashboard.declarations import Page, Panel
from backend.dashboard.filters import Filters, parameters_of, read
from backend.dashboard.sellers import with_names_of_sellers
from backend.engines.warehouse import warehouse_for_request


def is_staff(user: User) -> bool:
    """Return whether the user sees the whole shop; a seller sees the own products."""
    return user.has_area(StaffArea.REPORTS)


def is_viewer(user: User) -> bool:
    """Return whether the user may see the dashboard."""
    return is_staff(user) or user.is_seller


def reports_of(user: User) -> dict[str, Report]:
    """Return the reports that the user may run, by name."""
    computed = {name: each.report for name, each in computed_for(user).items()}
    return {**{report.name: report for report in selectors.reports_for(user)}, **computed}


def filters_of(user: User, page: Page, given: Mapping[str, str], *, today: date) -> Filters:
    """Return the filters that a query string chooses for the user as of a day."""
    found = read(page, given, today=today, is_staff=is_staff(user))
    return replace(found, opens_orders=user.has_area(StaffArea.ORDERS))


def result_of(
    user: User,
    panel: Panel,
    report: Report,
    filters: Filters,
    *,
    opened: OpensWarehouse = warehouse_for_request,
) -> ReportResult:
    """Return the rows of the panel's report, with names of sellers; raises what `selectors.run` raises."""
    computed = computed_for(user).get(report.name)
    if computed is not None:
        return computed.run()
    result = selectors.run(
        report.name, user=user, parameters=parameters_of(panel, report, filters), opened=opened
    )
    return with_names_of_sellers(result)
