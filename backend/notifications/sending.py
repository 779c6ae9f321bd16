"""Sends the deliveries that are due.

A delivery is claimed (committed as SENDING) as the last step before the message is handed over, and its
outcome is committed afterwards. No transaction is open while a server is involved. If the process dies in
between, nothing tells whether the server has accepted the message; once the claim is old, the delivery is
marked as POSSIBLY_SENT and is not sent again by itself. Everything before the claim can be repeated.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.accounts.models import User
from backend.notifications import quiet_hours
from backend.notifications.channels import CHANNELS
from backend.notifications.errors import (
    ChannelDown,
    NothingToSend,
    PossiblySent,
    Postponed,
    Refused,
)
from backend.notifications.guests import is_unwanted
from backend.notifications.kinds import KINDS
from backend.notifications.messages import Channel, ChannelConnection, RenderedMessage
from backend.notifications.models import UNFINISHED_STATES, Delivery, DeliveryState, NotificationKind
from backend.notifications.quiet_hours import quiet_until
from backend.notifications.rendering import render
from backend.notifications.switches import is_on

logger = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
"""The pauses after temporary refusals; after the last one a delivery fails."""
PAUSE_WHEN_DOWN = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(days=1)
CLAIM_LASTS = timedelta(minutes=2)
RUN_LASTS = timedelta(seconds=30)
LONGEST_REASON = 300


def send_due(*, clock: Clock) -> int:
    """Send the deliveries that are due, for up to RUN_LASTS; return how many were sent.

    Any number of processes may call it at once; each delivery is claimed by one of them.
    """
    _finish_abandoned(now=clock())
    return sum(_send_over(channel, clock=clock) for channel in CHANNELS.values())


def _finish_abandoned(*, now: datetime) -> None:
    claimed = Delivery.objects.filter(state=DeliveryState.SENDING, claimed_at__lt=now - CLAIM_LASTS)
    repeatable = [channel.name for channel in CHANNELS.values() if channel.is_repeatable]
    claimed.filter(channel__in=repeatable).update(state=DeliveryState.PENDING, claimed_at=None, due_at=now)
    reason = "The worker stopped while it was sending this."
    if lost := claimed.update(state=DeliveryState.POSSIBLY_SENT, finished_at=now, reason=reason):
        logger.warning("deliveries_possibly_sent", count=lost, reason=reason)
    late = Delivery.objects.filter(state=DeliveryState.PENDING, queued_at__lt=now - GIVE_UP_AFTER)
    late.filter(reason="").update(reason="No worker tried to send this in time.")
    if given_up := late.update(state=DeliveryState.FAILED, finished_at=now, collecting=False):
        logger.warning("deliveries_given_up", count=given_up)


def _send_over(channel: Channel, *, clock: Clock) -> int:
    started, sent = clock(), 0
    if _another_process_sends(channel, now=started):
        return 0
    connection = channel.connection()
    try:
        while clock() < started + RUN_LASTS and (delivery := _next_due(channel, now=clock())) is not None:
            sent += _process(delivery, channel=channel, connection=connection, clock=clock)
    except (ChannelDown, PossiblySent) as error:
        _pause(channel, reason=str(error), now=clock())
    finally:
        connection.close()
    return sent


def _another_process_sends(channel: Channel, *, now: datetime) -> bool:
    """Return whether another process is sending; otherwise a slow server could occupy all threads."""
    recent = Delivery.objects.filter(
        channel=channel.name, state=DeliveryState.SENDING, claimed_at__gte=now - CLAIM_LASTS
    )
    return recent.exists()


def _next_due(channel: Channel, *, now: datetime) -> Delivery | None:
    due = Delivery.objects.filter(channel=channel.name, state=DeliveryState.PENDING, due_at__lte=now)
    earlier = Delivery.objects.filter(
        order=OuterRef("order"),
        channel=channel.name,
        in_sequence=True,
        state__in=UNFINISHED_STATES,
        pk__lt=OuterRef("pk"),
    )
    first = due.exclude(Q(in_sequence=True) & Exists(earlier))
    ordered = first.select_related("recipient", "order").order_by("due_at", "pk")
    while (delivery := ordered.first()) is not None:
        if (until := quiet_until(delivery, now=now)) is None:
            break
        # It goes on collecting, so that a night's facts become one message. The day after which a delivery
        # is given up begins with the end of the quiet hours.
        due.filter(pk=delivery.pk).update(due_at=until, queued_at=until, reason=quiet_hours.REASON)
    if delivery is not None and delivery.collecting:
        # Sealed before its facts are read, so that none is added afterwards.
        due.filter(pk=delivery.pk).update(collecting=False)
    return delivery


def _process(delivery: Delivery, *, channel: Channel, connection: ChannelConnection, clock: Clock) -> bool:
    """Send the delivery, or record why not; return whether it was sent.

    Raises:
        ChannelDown: it was not sent and stays due.
        PossiblySent: it was recorded as such.
    """
    try:
        address = _address(delivery, channel=channel)
        message = render(delivery)
    except NothingToSend as error:
        _leave_pending(delivery, state=DeliveryState.SKIPPED, reason=str(error), now=clock())
        return False
    except Exception as error:
        logger.exception("delivery_not_rendered", delivery=delivery.pk, kind=delivery.kind)
        _leave_pending(delivery, state=DeliveryState.FAILED, reason=_described(error), now=clock())
        return False
    connection.open()
    if not _claim(delivery, address=address, channel=channel, now=clock()):
        return False
    return _hand_over(delivery, message=message, connection=connection, clock=clock)


def _address(delivery: Delivery, *, channel: Channel) -> str:
    kind = NotificationKind(delivery.kind)
    if not is_on(kind, channel=channel.name):
        raise NothingToSend("The shop has switched this kind off.")
    address = (
        _guest_address(delivery, kind=kind)
        if delivery.recipient is None
        else _user_address(delivery, user=delivery.recipient, channel=channel)
    )
    if not address:
        raise NothingToSend("The recipient has no address.")
    return address


def _user_address(delivery: Delivery, *, user: User, channel: Channel) -> str:
    if not user.is_active:
        raise NothingToSend("The account is inactive.")
    keys = list(delivery.facts.values_list("key", flat=True))
    return KINDS[NotificationKind(delivery.kind)].address(user, keys=keys, channel=channel)


def _guest_address(delivery: Delivery, *, kind: NotificationKind) -> str:
    order = delivery.order
    if order is None or not order.email:
        return ""
    if is_unwanted(order, kind=kind):
        raise NothingToSend("The recipient has unsubscribed.")
    return order.email


def _leave_pending(delivery: Delivery, *, state: DeliveryState, reason: str, now: datetime) -> None:
    pending = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING)
    pending.update(state=state, reason=reason[:LONGEST_REASON], finished_at=now, collecting=False)


def _claim(delivery: Delivery, *, address: str, channel: Channel, now: datetime) -> bool:
    delivery.message_id = delivery.message_id or channel.new_message_id()
    delivery.address, delivery.claimed_at = address, now
    # Erasing a guest's order erases the address, so that the log has no copy.
    logged = "" if delivery.recipient_id is None else address
    pending = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING, collecting=False)
    return bool(
        pending.update(
            state=DeliveryState.SENDING, claimed_at=now, address=logged, message_id=delivery.message_id
        )
    )


def _hand_over(
    delivery: Delivery, *, message: RenderedMessage, connection: ChannelConnection, clock: Clock
) -> bool:
    try:
        connection.send(message, address=delivery.address, message_id=delivery.message_id)
    except Refused as error:
        _finish(delivery, state=DeliveryState.FAILED, reason=str(error), now=clock())
    except Postponed as error:
        _postpone(delivery, reason=str(error), now=clock())
    except ChannelDown as error:
        _return(delivery, due_at=clock(), attempts=delivery.attempts, reason=str(error))
        raise
    except PossiblySent as error:
        _finish(delivery, state=DeliveryState.POSSIBLY_SENT, reason=str(error), now=clock())
        raise
    except Exception as error:
        # A backend of another package may raise anything, at any step.
        logger.exception("delivery_failed", delivery=delivery.pk)
        _finish(delivery, state=DeliveryState.POSSIBLY_SENT, reason=_described(error), now=clock())
    else:
        _finish(delivery, state=DeliveryState.SENT, reason="", now=clock())
        return True
    return False


def _postpone(delivery: Delivery, *, reason: str, now: datetime) -> None:
    if delivery.attempts >= len(BACKOFF):
        _finish(delivery, state=DeliveryState.FAILED, reason=reason, now=now)
        return
    due_at = now + BACKOFF[delivery.attempts]
    _return(delivery, due_at=due_at, attempts=delivery.attempts + 1, reason=reason)


def _claimed(delivery: Delivery) -> QuerySet[Delivery]:
    """Return the row if no process has claimed it since; an old claim was marked as POSSIBLY_SENT."""
    states = [DeliveryState.SENDING, DeliveryState.POSSIBLY_SENT]
    return Delivery.objects.filter(pk=delivery.pk, claimed_at=delivery.claimed_at, state__in=states)


def _finish(delivery: Delivery, *, state: DeliveryState, reason: str, now: datetime) -> None:
    _claimed(delivery).update(state=state, reason=reason[:LONGEST_REASON], finished_at=now)


def _return(delivery: Delivery, *, due_at: datetime, attempts: int, reason: str) -> None:
    _claimed(delivery).update(
        state=DeliveryState.PENDING,
        due_at=due_at,
        attempts=attempts,
        reason=reason[:LONGEST_REASON],
        claimed_at=None,
        finished_at=None,
    )


def _pause(channel: Channel, *, reason: str, now: datetime) -> None:
    """Postpone all deliveries that are due, because an outage must not use up their attempts."""
    later = now + PAUSE_WHEN_DOWN
    due = Delivery.objects.filter(channel=channel.name, state=DeliveryState.PENDING, due_at__lt=later)
    count = due.update(due_at=later, reason=reason[:LONGEST_REASON])
    logger.warning("channel_down", channel=channel.name, waiting=count, reason=reason)


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
