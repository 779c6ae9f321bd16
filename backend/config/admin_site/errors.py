"""Errors of the admin's login."""

from backend.api.errors import DomainError


class NotStaff(DomainError):
    """The account may not use the admin; its pages show this error, the API doesn't."""

    code = "not_staff"
    status = 403
    message = "This account is not one of the shop's staff."
    hint = "Log in with an account of staff."
