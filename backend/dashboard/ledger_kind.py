"""What the comparison of the ledger with the warehouse found, as a kind of message of notifications."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.urls import reverse

from backend.analytics.models import LedgerNotice, Reconciliation
from backend.dashboard.viewing import is_staff
from backend.notifications.addressing import SentToVerifiedAddress
from backend.notifications.errors import NothingToSend
from backend.notifications.messages import Lines
from backend.notifications.models import NotificationKind
from backend.outbox.topics import Topic


class LedgerFindingKind(SentToVerifiedAddress):
    """Orders that differ, to staff who may see reports.

    Rights are checked again when it is sent: the message may wait a day for the mail server.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.LEDGER_FINDING
    topic: ClassVar[Topic] = Topic.LEDGER_FINDING
    collects_for: ClassVar[timedelta] = timedelta(0)

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the users of the notices."""
        return dict(LedgerNotice.objects.filter(pk__in=keys).values_list("pk", "user"))

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return none: staff don't request single findings."""
        return []

    def lines(self, keys: Collection[int]) -> Lines:
        """Return what the comparisons found, also of those that were deleted since.

        Raises:
            NothingToSend: the user may not see them any more.
        """
        notices = LedgerNotice.objects.filter(pk__in=keys).select_related("user").order_by("pk")
        found = [_line(each) for each in notices if is_staff(each.user)]
        if not found:
            raise NothingToSend("This account may not see these numbers any more.")
        return found


def _line(notice: LedgerNotice) -> dict[str, object]:
    finished_at = datetime.fromisoformat(notice.content["finished_at"])
    return {**notice.content, "finished_at": finished_at, "url": f"{settings.PUBLIC_URL}{_path(notice)}"}


def _path(notice: LedgerNotice) -> str:
    """Return the path of the comparison, or of the list of the last ones if it was deleted."""
    if Reconciliation.objects.filter(pk=notice.reconciliation_id).exists():
        return reverse("admin:analytics_reconciliation_change", args=[notice.reconciliation_id])
    return reverse("admin:analytics_reconciliation_changelist")
