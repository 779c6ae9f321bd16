"""Report errors."""

from collections.abc import Mapping
from typing import ClassVar

from backend.api.errors import DomainError, NotFound


class CustomersNotVisible(DomainError):
    """A member of staff without the area `customers` asked for the interactions of an account."""

    code: ClassVar[str] = "customers_not_visible"
    status = 403
    message = "Only staff with the area customers may select an account."
    hint = "Select by `user_key`, the random key, or ask for the area `customers`."


class LedgerDiffers(Exception):
    """The last comparison found movements that differ between the order ledger and the warehouse."""

    code = "ledger_differs"

    def __init__(self, reason: str, *, remedy: str, facts: Mapping[str, object]) -> None:
        """Store what differs, the command that helps, and the numbers."""
        super().__init__(reason)
        self.remedy = remedy
        self.facts = facts


class ReconciliationNotFound(NotFound):
    """There is no comparison with this id; the last ones are kept."""

    code: ClassVar[str] = "reconciliation_not_found"
    message = "There is no such comparison of the ledger with the warehouse."
    details_keys = {"reconciliation": "The id in the request."}
    hint = "List the last comparisons at /api/analytics/reconciliations/."


class ReportNotFound(NotFound):
    """There is no report with this name."""

    code: ClassVar[str] = "report_not_found"
    message = "There is no such report."
    details_keys = {"report": "The name in the request.", "known": "The names of the existing reports."}
    hint = "List the reports at /api/analytics/reports/."


class ReportForStaff(DomainError):
    """A seller requested a report about the whole shop."""

    code: ClassVar[str] = "report_for_staff"
    status = 403
    message = "Only staff may run this report."
    details_keys = {"report": "The report's name."}
    hint = "Run one of the reports that /api/analytics/reports/ lists for the account."


class ReportTooLarge(DomainError):
    """The report has more rows than a response in this format may have."""

    code: ClassVar[str] = "report_too_large"
    status = 400
    message = "The report has too many rows; request fewer days, or CSV or Parquet."
    details_keys = {"most_rows": "The maximum number of rows in this format."}
    hint = "Request fewer days, or CSV or Parquet, or run `manage.py report`, which has no limit."


class ReportUnusable(DomainError):
    """The report's file has an error, which `manage.py check` reports."""

    code: ClassVar[str] = "report_unusable"
    status = 500
    message = "The definition of this report has an error."
    details_keys = {"report": "The report's name."}
    hint = "Ask an operator to run `manage.py check`, which names the file, the line and the error."
