"""Renders a delivery, or says why it needs no message."""

from django.template.loader import render_to_string

from backend.notifications.errors import NothingToSend
from backend.notifications.kinds import KINDS, LINES_SHOWN, KindDefinition
from backend.notifications.links import guest_unsubscribe_url, unsubscribe_url
from backend.notifications.messages import RenderedMessage
from backend.notifications.models import (
    GUEST_KINDS,
    OPTIONAL_KINDS,
    Delivery,
    NotificationKind,
    Unsubscription,
)

SUBJECT_LENGTH = 150
PLAIN_KINDS = (
    NotificationKind.ONE_TIME_PASSWORD,
    NotificationKind.EMAIL_VERIFICATION,
    NotificationKind.SECURITY_NOTICE,
)
"""The kinds without HTML."""


def render(delivery: Delivery) -> RenderedMessage:
    """Return the message of a delivery that collects no further facts.

    Raises:
        NothingToSend: the recipient doesn't want it, or what it is about no longer exists.
    """
    kind = NotificationKind(delivery.kind)
    definition = KINDS[kind]
    keys = _wanted_keys(delivery, definition=definition)
    lines = definition.lines(keys)
    if not lines:
        raise NothingToSend("What it is about no longer exists.")
    address = _unsubscribe_address(delivery, kind=kind)
    context = {
        "recipient": delivery.recipient,
        "lines": lines[:LINES_SHOWN],
        "first": lines[0],
        "count": len(lines),
        "more": max(0, len(lines) - LINES_SHOWN),
        "kind_label": kind.label,
        "unsubscribe_url": address,
    }
    folder = f"notifications/{kind.value}"
    return RenderedMessage(
        subject=_one_line(render_to_string(f"{folder}/subject.txt", context)),
        text=render_to_string(f"{folder}/body.txt", context),
        html="" if kind in PLAIN_KINDS else render_to_string(f"{folder}/body.html", context),
        unsubscribe_url=address,
        attachments=definition.attachments(keys),
        kind=kind.value,
        url=str(lines[0].get("order_url") or lines[0].get("url") or ""),
    )


def _unsubscribe_address(delivery: Delivery, *, kind: NotificationKind) -> str:
    if delivery.recipient_id is not None:
        return unsubscribe_url(delivery.recipient_id, kind=kind) if kind in OPTIONAL_KINDS else ""
    if delivery.order_id is not None and kind in GUEST_KINDS:
        return guest_unsubscribe_url(delivery.order_id, kind=kind)
    return ""


def _wanted_keys(delivery: Delivery, *, definition: KindDefinition) -> list[int]:
    keys = list(delivery.facts.values_list("key", flat=True))
    if delivery.recipient_id is None:
        return keys
    unsubscription = Unsubscription.objects.filter(
        user=delivery.recipient_id, kind=delivery.kind, channel=delivery.channel
    ).first()
    if unsubscription is None:
        return keys
    wanted = definition.wanted_despite(keys, unsubscribed_at=unsubscription.created_at)
    if not wanted:
        raise NothingToSend("The recipient has unsubscribed.")
    return wanted


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUBJECT_LENGTH else f"{line[: SUBJECT_LENGTH - 1]}…"
