"""What the list of saved views says about mailing them."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import OuterRef, Subquery

from backend.accounts.models import User
from backend.dashboard.mail_contents import is_unsubscribed, unsubscribed_at
from backend.dashboard.models import Frequency, MailState, ReportMail, SavedView, Schedule
from backend.dashboard.saved_views import views_of
from backend.dashboard.schedules import WEEKDAYS
from backend.notifications.models import Delivery, DeliveryFact, DeliveryState, NotificationKind


@dataclass(frozen=True, slots=True)
class ListedView:
    """A saved view, its schedule in words, and what became of the last report; both may be empty."""

    view: SavedView
    schedule: Schedule | None
    summary: str
    outcome: str
    is_fault: bool


def listed(user: User) -> list[ListedView]:
    """Return the user's views by name."""
    latest = ReportMail.objects.filter(view=OuterRef("pk")).order_by("-day").values("pk")[:1]
    views = list(views_of(user).select_related("schedule").annotate(last_mail=Subquery(latest)))
    # Without the content, which may be megabytes.
    mails = ReportMail.objects.filter(pk__in=[view.last_mail for view in views]).defer("content")
    last, unsubscribed = {mail.view_id: mail for mail in mails}, unsubscribed_at(user)
    facts = DeliveryFact.objects.filter(
        kind=NotificationKind.REPORT, recipient=user, key__in=[mail.pk for mail in last.values()]
    )
    deliveries = {fact.key: fact.delivery for fact in facts.select_related("delivery")}
    found = []
    for view in views:
        schedule = getattr(view, "schedule", None)
        mail = last.get(view.pk)
        delivery = deliveries.get(mail.pk) if mail else None
        outcome, is_fault = _outcome(mail, delivery) if mail else ("", False)
        if schedule is not None and is_unsubscribed(schedule, unsubscribed_at=unsubscribed):
            outcome, is_fault = "You unsubscribed in a message; choose it again to receive it.", True
        found.append(ListedView(view, schedule, _summary(schedule) if schedule else "", outcome, is_fault))
    return found


def _summary(schedule: Schedule) -> str:
    frequency = Frequency(schedule.frequency)
    day = f"every {WEEKDAYS[schedule.weekday]}" if frequency is Frequency.WEEKLY else str(frequency.label)
    return f"{day} at {schedule.hour}:00"


def _outcome(mail: ReportMail, delivery: Delivery | None) -> tuple[str, bool]:
    """Return what became of a report, and whether it is a fault."""
    about = f"The report of {mail.day}"
    match mail.state:
        case MailState.WAITING if mail.reason:
            at = mail.try_at.astimezone(ZoneInfo(settings.SHOP_TIME_ZONE))
            return f"{about} waits, and is tried again at {at:%H:%M}: {mail.reason}", True
        case MailState.WAITING:
            return f"{about} is being made.", False
        case MailState.QUEUED:
            return _of_delivery(about, delivery)
        case _:
            return f"{about} was not sent: {mail.reason}", True


def _of_delivery(about: str, delivery: Delivery | None) -> tuple[str, bool]:
    if delivery is None or delivery.state == DeliveryState.SENDING:
        return f"{about} is being sent.", False
    match delivery.state:
        case DeliveryState.SENT:
            return f"{about} was sent.", False
        case DeliveryState.PENDING:
            why = f": {delivery.reason}" if delivery.reason else "."
            return f"{about} waits to be sent{why}", bool(delivery.reason)
        case DeliveryState.POSSIBLY_SENT:
            return f"{about} may have been sent; the mail server did not confirm it.", True
        case _:
            return f"{about} was not sent: {delivery.reason}", True
