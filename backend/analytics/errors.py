"""The errors of reports."""

from typing import ClassVar

from backend.api.errors import DomainError, NotFound


class ReportNotFound(NotFound):
    """There is no report of this name."""

    code: ClassVar[str] = "report_not_found"
    message = "There is no such report."
    details_keys = {"report": "The name in the request.", "known": "The names of the reports that there are."}
    hint = "List the reports at /api/analytics/reports/."


class ReportForStaff(DomainError):
    """A seller asked for a report about the whole shop."""

    code: ClassVar[str] = "report_for_staff"
    status = 403
    message = "Only staff may run this report."
    details_keys = {"report": "The report's name."}
    hint = "Run one of the reports that /api/analytics/reports/ lists for the account."


class ReportTooLarge(DomainError):
    """The answer has more rows than a request may ask for."""

    code: ClassVar[str] = "report_too_large"
    status = 400
    message = "The report has too many rows; ask for fewer days, or for a file."
    details_keys = {"most_rows": "How many rows an answer in this format may have."}
    hint = "Ask for fewer days, for CSV or Parquet, or run `manage.py report`, which has no limit."


class ReportUnusable(DomainError):
    """The report's file has a fault, which `manage.py check` names."""

    code: ClassVar[str] = "report_unusable"
    status = 500
    message = "The definition of this report has a fault."
    details_keys = {"report": "The report's name."}
    hint = "An operator finds the file, the line and the fault with `manage.py check`."
