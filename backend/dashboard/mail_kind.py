"""Mailed reports as a kind of message of notifications."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse

from backend.dashboard.errors import NotMailed
from backend.dashboard.mail_contents import lines_of_text, may_see, refuse_unwanted
from backend.dashboard.models import MailState, ReportMail
from backend.dashboard.pages import page_of
from backend.notifications.addressing import SentToVerifiedAddress
from backend.notifications.errors import NothingToSend
from backend.notifications.messages import Attachment, Lines
from backend.notifications.models import NotificationKind
from backend.outbox.topics import Topic


class ReportKind(SentToVerifiedAddress):
    """A view of the dashboard that its user receives regularly.

    Rights are checked again when it is sent: the message may wait a day for the mail server.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.REPORT
    topic: ClassVar[Topic] = Topic.REPORT_MAIL
    collects_for: ClassVar[timedelta] = timedelta(0)

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the users of the views."""
        return dict(ReportMail.objects.filter(pk__in=keys).values_list("pk", "view__user"))

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return the reports of schedules that were chosen later."""
        later = ReportMail.objects.filter(pk__in=keys, view__schedule__chosen_at__gt=unsubscribed_at)
        return list(later.values_list("pk", flat=True))

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the reports.

        Raises:
            NothingToSend: the owner may see none of them, or has stopped them.
        """
        return [_line(mail) for mail in self._allowed(keys)]

    def attachments(self, keys: Collection[int]) -> Sequence[Attachment]:
        """Return the tables as CSV."""
        return [
            Attachment(name=file["name"], media_type="text/csv", text=file["text"])
            for mail in self._allowed(keys)
            for file in json.loads(mail.content)["files"]
        ]

    def _allowed(self, keys: Collection[int]) -> list[ReportMail]:
        mails = ReportMail.objects.filter(pk__in=keys, state=MailState.QUEUED).select_related("view__user")
        allowed, reason = [], "The report was deleted."
        for mail in mails.order_by("pk"):
            try:
                refuse_unwanted(mail.view)
            except NotMailed as error:
                reason = str(error)
                continue
            if may_see(mail.view.user, json.loads(mail.content)):
                allowed.append(mail)
            else:
                reason = "This account may not see these numbers any more."
        if not allowed:
            raise NothingToSend(reason)
        return allowed


def _line(mail: ReportMail) -> dict[str, object]:
    content: dict[str, Any] = json.loads(mail.content)
    page = page_of(mail.view.page)
    panels = [{**panel, "lines": list(lines_of_text(panel))} for panel in content["panels"]]
    path = reverse("dashboard:page", args=[mail.view.page])
    return {
        "title": mail.view.name,
        "page": page.title if page else mail.view.page,
        "first_day": date.fromisoformat(content["days"][0]),
        "last_day": date.fromisoformat(content["days"][1]),
        "url": f"{settings.PUBLIC_URL}{path}?{mail.view.query}",
        "panels": panels,
        "files": content["files"],
    }
