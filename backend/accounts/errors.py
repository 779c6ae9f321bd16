"""Account and session errors."""

from rest_framework.exceptions import PermissionDenied

from backend.api.errors import DomainError, NotFound


class InvalidPhone(ValueError):
    """The text is neither a valid phone number nor 8 to 15 digits."""


class InvalidToken(ValueError):
    """The text is not a valid session token; the API responds with 401."""


class ForeignToken(Exception):
    """The shop did not sign the access token with its key, or not in the form of its tokens.

    The token may still be valid.
    """


class PhoneTaken(DomainError):
    """Another account has this phone number."""

    code = "phone_taken"
    status = 409
    message = "There is already an account with this phone number."
    details_keys = {"phone": "The phone number as stored: in E.164 if it is a valid number."}
    hint = "Log in, or register with another phone."


class InvalidCredentials(DomainError):
    """Phone and password don't match an active account; the response doesn't reveal which one is wrong."""

    code = "invalid_credentials"
    status = 401
    message = "Phone or password is wrong."
    hint = "Log in with the correct phone and password."


class CommonPassword(DomainError):
    """The password is right, but it is in the list of common passwords, which attackers try first.

    Only passwords that were set before the rules, or by a program, can be in the list.
    """

    code = "common_password"
    status = 403
    message = "This password is too common to log in with; set a new one."
    hint = "Set a new password with a code, as if the password was forgotten."


class TooManyAttempts(DomainError):
    """Passwords or codes were tried too often for this phone, account or address, so the next must wait."""

    code = "too_many_attempts"
    status = 429
    message = "Too many attempts; try again later."
    details_keys = {"retry_after": "Seconds until the next attempt; also in the header."}
    hint = (
        "Repeat the request after the seconds in the header Retry-After; attempts before that are refused "
        "without being checked. A device that logged in before, and sends its device token, has attempts of "
        "its own."
    )


class WrongPassword(DomainError):
    """The current password is wrong, or another request changed it meanwhile."""

    code = "wrong_password"
    message = "The current password is wrong."
    hint = "Send the current password of the account."


class InvalidOneTimePassword(DomainError):
    """The code is wrong, too old, used, replaced by a newer one, or was tried too often."""

    code = "invalid_one_time_password"
    message = "The code is wrong or no longer valid."
    hint = "Send the newest code within five minutes, or request another one."


class TooManyOneTimePasswords(DomainError):
    """The phone got as many codes as it may within an hour."""

    code = "too_many_one_time_passwords"
    status = 429
    message = "Too many codes were requested for this phone; try again later."
    details_keys = {"retry_after": "Seconds until another code can be requested; also in the header."}
    hint = "Use the newest code, or repeat the request after the seconds in the header Retry-After."


class InvalidResetToken(DomainError):
    """The token is not the one that verifying a code of this phone returned, or it was used or is too old."""

    code = "invalid_reset_token"
    message = "The password can't be reset with this token."
    hint = "Verify a code again, and reset the password within ten minutes."


class InvalidEmailCode(DomainError):
    """The code for the address is wrong, too old, used, replaced by a newer one, or was tried too often."""

    code = "invalid_email_code"
    message = "The code is wrong or no longer valid."
    hint = "Send the newest code within thirty minutes, or request another one."


class EmailTaken(DomainError):
    """The address was verified by another account; only a client that receives its messages learns this."""

    code = "email_taken"
    status = 409
    message = "This e-mail address belongs to another account."
    hint = "Use another address, or remove it from the other account."


class SessionEnded(DomainError):
    """The refresh token is invalid, has expired or was replaced earlier, or its session has ended."""

    code = "session_ended"
    status = 401
    message = "The session has ended; log in again."
    hint = "Log in again."


class SessionNotFound(NotFound):
    """The account has no active session with this id."""

    code = "session_not_found"
    message = "There is no such session."
    details_keys = {"session_id": "The id."}
    hint = "Use an id of the list of your sessions."


class AreaRequired(PermissionDenied):
    """The account is not a member of staff with this area."""

    def __init__(self, area: str, *, sellers_too: bool = False) -> None:
        """Store the area for the details of the response."""
        who = "sellers, and staff" if sellers_too else "staff"
        super().__init__(f"Only {who} with the area `{area}` may do this.")
        self.details = {"area": area}


class AccountNotFound(NotFound):
    """There is no such account, or it isn't staff where only staff is meant."""

    code = "account_not_found"
    message = "There is no such account."
    details_keys = {"account_id": "The id.", "phone": "The phone number, if the account was looked up by it."}
    hint = "Use an id of the list of staff, or the phone number of a registered account."


class BeyondOwnAreas(DomainError):
    """The caller lacks an area of the account that they act on, or an area that they grant."""

    code = "beyond_own_areas"
    status = 403
    message = "The account has, or would get, areas that you don't have."
    details_keys = {"areas": "The areas that the caller lacks."}
    hint = "Ask an admin."


class AdminHasAllAreas(DomainError):
    """Areas can't be granted to an admin, or withdrawn from one."""

    code = "admin_has_all_areas"
    status = 409
    message = "An admin has all areas."
    details_keys = {"account_id": "The id of the admin's account."}
    hint = "An operator can make the admin an ordinary member of staff with `manage.py staff`."


class LastAdmin(DomainError):
    """The only active admin can't be demoted or deactivated."""

    code = "last_admin"
    status = 409
    message = "The shop needs an active admin, and this is the last one."
    details_keys = {"account_id": "The id of the admin's account."}
    hint = "Make another account an admin first, with `manage.py staff`."
