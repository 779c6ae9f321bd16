"""What the comparison of the ledger with the warehouse found, as a kind of message of notifications."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.urls import reverse

from backend.accounts.models import User
from backend.analytics.models import DifferingOrder, LedgerNotice, Reconciliation
from backend.analytics.reconciliation import texts
from backend.dashboard.viewing import is_staff
from backend.notifications.errors import NothingToSend
from backend.notifications.messages import Attachment, Channel, Lines
from backend.notifications.models import NotificationKind
from backend.outbox.topics import Topic

MOST_ORDERS = 20


class LedgerFindingKind:
    """Orders that differ, to staff who may see reports, at the verified address of the account.

    Rights are checked again when it is sent: the message may wait a day for the mail server.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.LEDGER_FINDING
    topic: ClassVar[Topic] = Topic.LEDGER_FINDING
    collects_for: ClassVar[timedelta] = timedelta(0)

    @property
    def channels(self) -> frozenset[str]:
        """Return e-mail."""
        return frozenset({"email"})

    def address(self, user: User, *, keys: Collection[int], channel: Channel) -> str:
        """Return the verified address, because a mistyped one would give the shop's figures to a stranger."""
        return channel.address_of(user) if user.email_verified else ""

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the users of the notices."""
        return dict(LedgerNotice.objects.filter(pk__in=keys).values_list("pk", "user"))

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return none: staff don't request single findings."""
        return []

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the comparisons.

        Raises:
            NothingToSend: the user may not see them any more, or they were deleted.
        """
        notices = LedgerNotice.objects.filter(pk__in=keys).select_related("user", "reconciliation")
        found = [_line(each.reconciliation) for each in notices.order_by("pk") if is_staff(each.user)]
        if not found:
            raise NothingToSend("This account may not see these numbers any more.")
        return found

    def attachments(self, keys: Collection[int]) -> Sequence[Attachment]:
        """Return none."""
        return ()


def _line(row: Reconciliation) -> dict[str, object]:
    orders = list(row.orders.all()[: MOST_ORDERS + 1])
    address = reverse("admin:analytics_reconciliation_change", args=[row.pk])
    return {
        "differing": row.differing,
        "finished_at": row.finished_at,
        "summary": texts.summary(row),
        "remedy": texts.remedy(row),
        "orders": [_of_order(order) for order in orders[:MOST_ORDERS]],
        "has_more": len(orders) > MOST_ORDERS,
        "url": f"{settings.PUBLIC_URL}{address}",
    }


def _of_order(order: DifferingOrder) -> str:
    name = str(order) if order.order_id else "without an order"
    return f"{name}: {', '.join(order.problems)}"
