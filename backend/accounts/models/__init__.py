"""The models of accounts, a module for each subject."""

from backend.accounts.models.codes import EmailVerification, OneTimePassword
from backend.accounts.models.guessing import AttemptCount, KnownDevice
from backend.accounts.models.security_events import SecurityEvent, SecurityEventKind
from backend.accounts.models.sessions import Session, SessionQuerySet
from backend.accounts.models.shopper_links import ShopperLink
from backend.accounts.models.users import User, UserManager, UserType

# Django finds models in this package; those of the second factor refer to the user by name.
from backend.accounts.second_factor import models as _second_factor_models  # noqa: F401

__all__ = [
    "AttemptCount",
    "EmailVerification",
    "KnownDevice",
    "OneTimePassword",
    "SecurityEvent",
    "SecurityEventKind",
    "Session",
    "SessionQuerySet",
    "ShopperLink",
    "User",
    "UserManager",
    "UserType",
]
