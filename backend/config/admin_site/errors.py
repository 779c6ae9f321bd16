"""Errors of the admin's login."""

from backend.api.errors import DomainError


class NotStaff(DomainError):
    """The account may not use the admin; its pages show this error, the API doesn't."""

    code = "not_staff"
    status = 403
    message = "This account is not one of the shop's staff."
    hint = "Log in with an account of staff."


class PasskeyNeedsBrowserSupport(DomainError):
    """The account's only second factor is a passkey, which the admin's login page can't use."""

    code = "admin_needs_code"
    status = 403
    message = "The admin asks for a code; set up an authenticator app for your account first."
    hint = "Enrol an authenticator app in `/api/accounts/me/second-factor/`."
