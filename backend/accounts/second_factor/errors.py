"""Errors of the second factor."""

from backend.api.errors import DomainError, NotFound


class WrongCode(DomainError):
    """The code of the second factor is wrong, was used before, or is of another time."""

    code = "wrong_second_factor"
    message = "The code is wrong or was used before."
    hint = (
        "Send the next code of the authenticator app, or an unused recovery code. With a passkey, log in and"
        " repeat the request without a code within five minutes."
    )


class InvalidChallenge(DomainError):
    """The challenge is unknown, used, too old or was tried too often, or the password has changed."""

    code = "invalid_login_challenge"
    message = "The login took too long, or was tried too often; log in again."
    hint = "Log in with the password again to get another challenge."


class SecondFactorRequired(DomainError):
    """The request needs a second factor, but the session was begun without one."""

    code = "second_factor_required"
    status = 403
    message = "Set up a second factor first, or log in with it."
    hint = "Enrol in `/api/accounts/me/second-factor/`, or log in again if the account has a second factor."


class TotpAlreadyEnabled(DomainError):
    """The account has an authenticator app already."""

    code = "totp_already_enabled"
    status = 409
    message = "There is already an authenticator app."
    hint = "Disable the present authenticator app first."


class TotpNotEnrolled(DomainError):
    """The account has no authenticator app, or none to confirm: an enrolment is valid for 15 minutes."""

    code = "totp_not_enrolled"
    status = 409
    message = "There is no authenticator app to confirm or to disable."
    hint = "Begin with `second_factor_totp_create`."


class NoSecondFactor(DomainError):
    """The account has no second factor, so it has no recovery codes either."""

    code = "no_second_factor"
    status = 409
    message = "The account has no second factor."
    hint = "Set up an authenticator app or a passkey first."


class LastSecondFactor(DomainError):
    """Staff must have a second factor, and this is the last one."""

    code = "last_second_factor"
    status = 409
    message = "Staff must keep a second factor."
    hint = "Set up another second factor before you remove this one."


class PasskeysUnavailable(DomainError):
    """The server was installed without the package for passkeys."""

    code = "passkeys_unavailable"
    status = 501
    message = "This shop doesn't support passkeys."
    hint = "Use an authenticator app; the operator can install the extra `passkeys`."


class PasskeyRefused(DomainError):
    """The response of the authenticator doesn't fit the options, or these are too old or were used."""

    code = "passkey_refused"
    message = "The passkey could not be verified."
    hint = "Request new options, and send what the browser returns for them unchanged."


class PasskeyRegistered(DomainError):
    """The passkey is registered already."""

    code = "passkey_already_registered"
    status = 409
    message = "This passkey is already registered."
    hint = "Use the passkey, or register another one."


class TooManyPasskeys(DomainError):
    """The account has as many passkeys as it may have."""

    code = "too_many_passkeys"
    status = 409
    message = "The account has too many passkeys."
    details_keys = {"most": "How many passkeys an account can have."}
    hint = "Delete a passkey first."


class PasskeyNotFound(NotFound):
    """The account has no passkey with this id."""

    code = "passkey_not_found"
    message = "There is no such passkey."
    details_keys = {"passkey_id": "The id."}
    hint = "Use an id of the list of your passkeys."
