"""Tells staff that orders differ: once for what differs, and day."""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from backend.accounts.areas import StaffArea
from backend.accounts.models import User, UserType
from backend.analytics.models import DifferingOrder, LedgerNotice, Reconciliation
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic


def tell_staff(row: Reconciliation, orders: Sequence[DifferingOrder], *, now: datetime) -> None:
    """Publish a message to each member of staff who may see reports, in the caller's transaction.

    Those who were told the same on the same day are left out.
    """
    day, finding = now.astimezone(ZoneInfo(settings.SHOP_TIME_ZONE)).date(), _finding(row, orders)
    told = []
    may_be_staff = Q(is_staff=True) | Q(is_superuser=True) | Q(user_type=UserType.ADMIN)
    for user in User.objects.filter(may_be_staff, is_active=True).order_by("pk"):
        if user.has_area(StaffArea.REPORTS):
            notice, is_new = LedgerNotice.objects.get_or_create(
                user=user, day=day, finding=finding, defaults={"reconciliation": row}
            )
            if is_new:
                told.append(notice.pk)
    publish_many(Topic.LEDGER_FINDING, told)


def _finding(row: Reconciliation, orders: Sequence[DifferingOrder]) -> str:
    """Return the digest of what differs, whenever it is found."""
    differing = [[order.order_id, order.movements] for order in orders]
    content = json.dumps([row.problems, row.totals, differing], sort_keys=True)
    return sha256(content.encode()).hexdigest()
