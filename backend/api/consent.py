"""Whether a request may be tracked: whether events and lists may carry the shopper's key."""

from django.conf import settings
from rest_framework.request import Request

from backend.api.errors import InvalidInput
from backend.api.schema import RequestHeader

CONSENT_HEADER = "X-Tracking-Consent"
TRACKING_CONSENT = RequestHeader(
    name=CONSENT_HEADER,
    schema={"type": "string", "enum": ["granted", "denied"]},
    description="A guest's choice about tracking, and that of an account that has none stored. The headers "
    "`Sec-GPC: 1` and `DNT: 1` deny it in any case.",
)
_CHOICES = {"granted": True, "denied": False}


def tracking_choice(request: Request, *, in_body: bool | None = None) -> bool | None:
    """Return the shopper's choice about tracking; None if none was made.

    The browser's objection comes first, then the account's choice, then that of the request.

    Raises:
        InvalidInput: the header's value is neither `granted` nor `denied`.
    """
    sent = request.META.get("HTTP_X_TRACKING_CONSENT")
    if sent is not None and sent not in _CHOICES:
        raise InvalidInput(**{CONSENT_HEADER: "Must be `granted` or `denied`."})
    if request.META.get("HTTP_SEC_GPC") == "1" or request.META.get("HTTP_DNT") == "1":
        return False
    stored: bool | None = getattr(request.user, "tracking_consent", None)
    if stored is not None:
        return stored
    return in_body if sent is None else _CHOICES[sent]


def may_track(choice: bool | None) -> bool:
    """Return whether a shopper with this choice may be tracked."""
    return settings.TRACKING_CONSENT == "assumed" if choice is None else choice
