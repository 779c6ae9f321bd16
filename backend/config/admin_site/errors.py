"""Errors of the logins of the admin and of the dashboard."""

from backend.api.errors import DomainError


class NotStaff(DomainError):
    """The account may not use the admin; its pages show this error, the API doesn't."""

    code = "not_staff"
    status = 403
    message = "This account is not one of the shop's staff."
    hint = "Log in with an account of staff."


class NoReports(DomainError):
    """The account may see no reports; the dashboard's pages show this error, the API doesn't."""

    code = "no_reports"
    status = 403
    message = "This account is neither a seller's nor one of staff with the area reports."
    hint = "Log in with a seller's account, or with one of staff with the area reports."
