"""Tells staff that orders differ: at most once a day for the same differences."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.accounts.staff import IS_ADMIN
from backend.analytics.models import DifferingOrder, LedgerNotice, Reconciliation
from backend.analytics.reconciliation import texts
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

MOST_ORDERS = 20


def tell_staff(row: Reconciliation, orders: Sequence[DifferingOrder], *, now: datetime) -> None:
    """Publish a message to each member of staff who may see reports, in the caller's transaction.

    Those who were told the same on the same day are left out.
    """
    values = {"reconciliation_id": row.pk, "content": _content(row, orders)}
    day, finding = _day(now), _finding(row, orders)
    told = []
    for user in User.objects.filter(Q(is_staff=True) | IS_ADMIN, is_active=True).order_by("pk"):
        if user.has_area(StaffArea.REPORTS):
            notice, is_new = LedgerNotice.objects.get_or_create(
                user=user, day=day, finding=finding, defaults=values
            )
            if is_new:
                told.append(notice.pk)
    publish_many(Topic.LEDGER_FINDING, told)


def delete_old_notices(*, now: datetime) -> None:
    """Delete the notices of days before DELIVERY_RETENTION, for which their deliveries are kept."""
    LedgerNotice.objects.filter(day__lt=_day(now) - settings.DELIVERY_RETENTION).delete()


def _day(now: datetime) -> date:
    return now.astimezone(ZoneInfo(settings.SHOP_TIME_ZONE)).date()


def _finding(row: Reconciliation, orders: Sequence[DifferingOrder]) -> str:
    """Return the digest of what differs, whenever it is found.

    The number of movements by problem tells apart differences beyond those whose values are kept. Totals are
    no part of it, because they contain the movements that agree.
    """
    differing = [[order.order_id, order.movements] for order in orders]
    content = json.dumps([row.problems, differing], sort_keys=True)
    return sha256(content.encode()).hexdigest()


def _content(row: Reconciliation, orders: Sequence[DifferingOrder]) -> dict[str, Any]:
    return {
        "differing": row.differing,
        "finished_at": row.finished_at.isoformat(),
        "summary": texts.summary(row),
        "remedy": texts.remedy(row),
        "orders": [_of_order(order) for order in orders[:MOST_ORDERS]],
        "has_more": len(orders) > MOST_ORDERS,
    }


def _of_order(order: DifferingOrder) -> str:
    name = str(order) if order.order_id else "without an order"
    return f"{name}: {', '.join(order.problems)}"
