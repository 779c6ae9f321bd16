"""Whether a request may be tracked: whether events and lists may carry the shopper's key."""

from django.conf import settings
from rest_framework.request import Request

from backend.api.errors import InvalidInput
from backend.api.schema import RequestHeader

CONSENT_HEADER = "X-Tracking-Consent"
TRACKING_CONSENT = RequestHeader(
    name=CONSENT_HEADER,
    schema={"type": "string", "enum": ["granted", "denied"]},
    description="The shopper's choice about tracking. An objection counts more than a consent, whether it is "
    "here, stored with the account, or the browser's `Sec-GPC: 1` or `DNT: 1`.",
)
_CHOICES = {None: None, "granted": True, "denied": False}


def tracking_choice(request: Request) -> bool | None:
    """Return the shopper's choice about tracking; None if none was made.

    The browser, the account and the request may each have one.

    Raises:
        InvalidInput: the header's value is neither `granted` nor `denied`.
    """
    sent = request.META.get("HTTP_X_TRACKING_CONSENT")
    if sent not in _CHOICES:
        raise InvalidInput(**{CONSENT_HEADER: "Must be `granted` or `denied`."})
    objects = "1" in (request.META.get("HTTP_SEC_GPC"), request.META.get("HTTP_DNT"))
    stored: bool | None = getattr(request.user, "tracking_consent", None)
    return combined(False if objects else None, stored, _CHOICES[sent])


def combined(*choices: bool | None) -> bool | None:
    """Return one choice: an objection counts more than a consent, whichever was made where."""
    if False in choices:
        return False
    return True if True in choices else None


def may_track(choice: bool | None) -> bool:
    """Return whether a shopper with this choice may be tracked."""
    return settings.TRACKING_CONSENT == "assumed" if choice is None else choice
