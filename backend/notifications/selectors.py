"""Queries of deliveries and preferences."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from backend.accounts.models import User
from backend.notifications.errors import KindNotFound
from backend.notifications.models import OPTIONAL_KINDS, Delivery, NotificationKind, Unsubscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A kind of message, and whether the user receives it."""

    kind: NotificationKind
    description: str
    subscribed: bool


def preferences_of(user: User) -> Sequence[Preference]:
    """Return every optional kind with the user's choice."""
    unwanted = set(Unsubscription.objects.filter(user=user).values_list("kind", flat=True))
    return [
        Preference(kind=kind, description=str(kind.label), subscribed=kind not in unwanted)
        for kind in OPTIONAL_KINDS
    ]


def kind_named(name: str) -> NotificationKind:
    """Return the optional kind; raises KindNotFound."""
    for kind in OPTIONAL_KINDS:
        if kind.value == name:
            return kind
    raise KindNotFound(kind=name, kinds=[kind.value for kind in OPTIONAL_KINDS])


def deliveries(
    *, state: str | None = None, kind: str | None = None, recipient_id: int | None = None
) -> QuerySet[Delivery]:
    """Return the matching deliveries, newest first."""
    rows = Delivery.objects.order_by("-queued_at", "-pk")
    chosen = {"state": state, "kind": kind, "recipient": recipient_id}
    return rows.filter(**{name: value for name, value in chosen.items() if value is not None})
