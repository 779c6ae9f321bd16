"""Queries of deliveries and preferences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.notifications.errors import KindNotFound
from backend.notifications.models import (
    INBOX_KINDS,
    OPTIONAL_KINDS,
    Delivery,
    NotificationKind,
    Unsubscription,
)

_AREAS = {NotificationKind.LEDGER_FINDING: StaffArea.REPORTS}
"""The areas of the kinds that are for staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A kind of message, and whether the user receives it by e-mail (`subscribed`) and over each channel."""

    kind: NotificationKind
    description: str
    subscribed: bool
    channels: Mapping[str, bool]


def kinds_for(user: User) -> Sequence[NotificationKind]:
    """Return the optional kinds that may be sent to the user."""
    return [kind for kind in OPTIONAL_KINDS if kind not in _AREAS or user.has_area(_AREAS[kind])]


def channels_of(kind: NotificationKind) -> Sequence[str]:
    """Return the channels of an optional kind."""
    return ("email", "inbox") if kind in INBOX_KINDS else ("email",)


def preferences_of(user: User) -> Sequence[Preference]:
    """Return every kind of `kinds_for` with the user's choices."""
    unwanted = set(Unsubscription.objects.filter(user=user).values_list("kind", "channel"))
    return [
        Preference(
            kind=kind,
            description=str(kind.label),
            subscribed=(kind, "email") not in unwanted,
            channels={channel: (kind, channel) not in unwanted for channel in channels_of(kind)},
        )
        for kind in kinds_for(user)
    ]


def kind_named(name: str, *, user: User) -> NotificationKind:
    """Return the kind, if it is one of `kinds_for`; raises KindNotFound."""
    kinds = kinds_for(user)
    for kind in kinds:
        if kind.value == name:
            return kind
    raise KindNotFound(kind=name, kinds=[kind.value for kind in kinds])


def deliveries(
    *, state: str | None = None, kind: str | None = None, recipient_id: int | None = None
) -> QuerySet[Delivery]:
    """Return the matching deliveries, newest first."""
    rows = Delivery.objects.order_by("-queued_at", "-pk")
    chosen = {"state": state, "kind": kind, "recipient": recipient_id}
    return rows.filter(**{name: value for name, value in chosen.items() if value is not None})
