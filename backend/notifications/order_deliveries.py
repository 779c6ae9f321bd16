"""Creates deliveries for facts about orders, one for each fact, in the order of the facts."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from backend.notifications.models import Delivery, DeliveryFact, DeliveryState
from backend.notifications.order_kinds import ORDER_KINDS, OrderKind
from backend.notifications.switches import is_on
from backend.orders.models import Order
from backend.outbox.topics import Topic

INBOX = "inbox"


@dataclass(frozen=True, slots=True)
class _Fact:
    """A fact that needs a message of `kind` over `channel`."""

    kind: OrderKind
    channel: str
    key: int
    order_id: int


def add_deliveries(facts: Sequence[tuple[Topic, int]], *, now: datetime) -> None:
    """Add a delivery for each fact, kind and channel, except those that were added before.

    Nothing is added if another process adds one of them at the same time; the relay then repeats the call.

    Raises:
        IntegrityError: another process has added one of them.
    """
    keys: dict[Topic, list[int]] = defaultdict(list)
    for topic, key in facts:
        keys[topic].append(key)
    orders = {kind: kind.orders(keys[kind.topic]) for kind in ORDER_KINDS if keys.get(kind.topic)}
    wanted = [
        _Fact(kind, channel, key, orders[kind][key])
        for topic, key in dict.fromkeys(facts)
        for kind in orders
        if kind.topic == topic and key in orders[kind]
        for channel in sorted(kind.channels)
        if is_on(kind.kind, channel=channel)
    ]
    with transaction.atomic():
        new = list(_unknown(wanted))
        users: dict[int, int | None] = dict(
            Order.objects.filter(pk__in={fact.order_id for fact in new}).values_list("pk", "user_id")
        )
        for fact in new:
            user_id = users[fact.order_id]
            if user_id is not None or fact.channel != INBOX:
                _add(fact, user_id=user_id, now=now)


def _unknown(facts: Collection[_Fact]) -> Iterator[_Fact]:
    known = set(
        DeliveryFact.objects.filter(
            kind__in={fact.kind.kind for fact in facts}, key__in={fact.key for fact in facts}
        ).values_list("kind", "key", "channel")
    )
    for fact in facts:
        if (fact.kind.kind, fact.key, fact.channel) not in known:
            yield fact


def _add(fact: _Fact, *, user_id: int | None, now: datetime) -> None:
    due_at = now + fact.kind.wait(fact.key)
    if fact.kind.in_sequence:
        _end_waiting(fact, now=now)
    columns = {"kind": fact.kind.kind, "channel": fact.channel, "recipient_id": user_id}
    delivery = Delivery.objects.create(
        **columns,
        order_id=fact.order_id,
        in_sequence=fact.kind.in_sequence,
        collecting=False,
        queued_at=due_at,
        due_at=due_at,
    )
    DeliveryFact.objects.create(delivery=delivery, key=fact.key, **columns)


def _end_waiting(fact: _Fact, *, now: datetime) -> None:
    """Let an earlier message about the order that only waits to be omitted be handled now."""
    waiting = Delivery.objects.filter(
        order=fact.order_id,
        channel=fact.channel,
        in_sequence=True,
        state=DeliveryState.PENDING,
        attempts=0,
        reason="",
        due_at__gt=now,
    )
    waiting.update(due_at=now)
