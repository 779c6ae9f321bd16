"""Queries of deliveries and preferences."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.notifications.errors import KindNotFound
from backend.notifications.models import OPTIONAL_KINDS, Delivery, NotificationKind, Unsubscription

_AREAS = {NotificationKind.LEDGER_FINDING: StaffArea.REPORTS}
"""The areas of the kinds that are for staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A kind of message, and whether the user receives it."""

    kind: NotificationKind
    description: str
    subscribed: bool


def kinds_for(user: User) -> Sequence[NotificationKind]:
    """Return the optional kinds that may be sent to the user."""
    return [kind for kind in OPTIONAL_KINDS if kind not in _AREAS or user.has_area(_AREAS[kind])]


def preferences_of(user: User) -> Sequence[Preference]:
    """Return every kind of `kinds_for` with the user's choice."""
    unwanted = set(Unsubscription.objects.filter(user=user).values_list("kind", flat=True))
    return [
        Preference(kind=kind, description=str(kind.label), subscribed=kind not in unwanted)
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
