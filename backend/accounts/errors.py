"""Errors of accounts and sessions."""

from backend.api.errors import DomainError


class InvalidPhone(ValueError):
    """Text that is neither a valid national or international phone number, nor 8 to 15 digits."""


class InvalidToken(ValueError):
    """Text that is not a valid token of a session; the API answers 401."""


class PhoneTaken(DomainError):
    """Another account has this phone."""

    code = "phone_taken"
    status = 409
    message = "There is an account with this phone; log in, or reset the password."
    details_keys = {"phone": "The phone as it is stored, in E.164 where it is a valid number."}
    way_out = "Log in, or register with another phone."


class InvalidCredentials(DomainError):
    """Phone and password don't match an active account; the answer does not say which of them is wrong."""

    code = "invalid_credentials"
    status = 401
    message = "Phone or password is wrong."
    way_out = "Log in with the right phone and password."


class SessionEnded(DomainError):
    """The refresh token is invalid, expired, already used, or its session was ended."""

    code = "session_ended"
    status = 401
    message = "The session has ended; log in again."
    way_out = "Log in again."
