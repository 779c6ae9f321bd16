"""Changes to deliveries and to what users want to receive; `sending` sends."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.notifications.errors import DeliveryNotFound, DeliveryUnfinished
from backend.notifications.kinds import KindDefinition
from backend.notifications.models import (
    UNFINISHED_STATES,
    Delivery,
    DeliveryFact,
    DeliveryState,
    NotificationKind,
    Unsubscription,
)
from backend.notifications.switches import is_on

UNSUBSCRIBE_LINK = Actor.system("unsubscribe_link")
DELETED_AT_ONCE = 5_000
EMAIL = "email"


def collect(definition: KindDefinition, keys: Collection[int], *, now: datetime) -> None:
    """Add the facts to deliveries to their recipients; facts that were added before are left out."""
    by_recipient: dict[int, list[int]] = defaultdict(list)
    for key, recipient_id in sorted(definition.recipients(keys).items()):
        by_recipient[recipient_id].append(key)
    for recipient_id, own_keys in by_recipient.items():
        for channel in sorted(definition.channels):
            if not is_on(definition.kind, channel=channel):
                continue
            _collect(definition, own_keys, recipient_id=recipient_id, channel=channel, now=now)


def _collect(
    definition: KindDefinition, keys: list[int], *, recipient_id: int, channel: str, now: datetime
) -> None:
    columns = {"kind": definition.kind, "channel": channel, "recipient_id": recipient_id}
    with transaction.atomic():
        known = set(DeliveryFact.objects.filter(**columns, key__in=keys).values_list("key", flat=True))
        new = [key for key in keys if key not in known]
        if not new:
            return
        # Locked, so that it isn't sealed before the facts are in it.
        delivery, _ = Delivery.objects.select_for_update(of=("self",)).get_or_create(
            **columns, collecting=True, defaults={"queued_at": now, "due_at": now + definition.collects_for}
        )
        rows = [DeliveryFact(delivery=delivery, key=key, **columns) for key in new]
        DeliveryFact.objects.bulk_create(rows, ignore_conflicts=True)


def send_again(delivery_id: int, *, by: Actor, now: datetime) -> Delivery:
    """Queue a finished delivery once more, and return it.

    The Message-ID of one that was possibly sent is kept, so that the recipient's server can recognise it.
    Others get a new one: a server may silently drop a message that it has already delivered.

    Raises:
        DeliveryNotFound: there is no such delivery.
        DeliveryUnfinished: it is waiting or being sent.
    """
    with transaction.atomic():
        row = Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
        if row is None:
            raise DeliveryNotFound(delivery=delivery_id)
        if row.state in UNFINISHED_STATES:
            raise DeliveryUnfinished(delivery=delivery_id, state=row.state)
        before = row.state
        if before != DeliveryState.POSSIBLY_SENT:
            row.message_id = ""
        row.state = DeliveryState.PENDING
        row.attempts, row.reason = 0, ""
        row.queued_at = row.due_at = now
        row.claimed_at = row.finished_at = None
        row.save()
        record("notifications.sent_again", by=by, subject=row, changes={"state": (before, row.state)})
    return row


def unsubscribe(
    user_id: int, *, kind: NotificationKind, channel: str = EMAIL, by: Actor, now: datetime
) -> None:
    """Stop sending messages of the kind over the channel; nothing happens if the account was deleted."""
    with transaction.atomic():
        if not User.objects.filter(pk=user_id).exists():
            return
        row, made = Unsubscription.objects.get_or_create(
            user_id=user_id, kind=kind, channel=channel, defaults={"created_at": now}
        )
        if not made:
            row.created_at = now
            row.save(update_fields=["created_at"])
        _record_wanted(user_id, kind=kind, channel=channel, wanted=False, by=by)


def resubscribe(user_id: int, *, kind: NotificationKind, channel: str = EMAIL, by: Actor) -> None:
    """Send messages of the kind over the channel again."""
    with transaction.atomic():
        rows = Unsubscription.objects.filter(user_id=user_id, kind=kind, channel=channel)
        if rows.delete()[0]:
            _record_wanted(user_id, kind=kind, channel=channel, wanted=True, by=by)


def _record_wanted(user_id: int, *, kind: NotificationKind, channel: str, wanted: bool, by: Actor) -> None:
    name = kind.value if channel == EMAIL else f"{kind.value} ({channel})"
    record(
        "notifications.preference_changed",
        by=by,
        subject=(User._meta.label, str(user_id)),
        changes={name: (not wanted, wanted)},
    )


def delete_old_deliveries(*, older_than: timedelta, now: datetime) -> int:
    """Delete finished deliveries, in small transactions; return how many."""
    old = Delivery.objects.filter(queued_at__lt=now - older_than).exclude(state__in=UNFINISHED_STATES)
    deleted = 0
    while ids := list(old.order_by("queued_at").values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        Delivery.objects.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted
