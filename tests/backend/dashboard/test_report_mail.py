"""Views that are mailed: when, what, to whom, and exactly once."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from analytics_pipeline.warehouse import QueryTimedOut
from backend.accounts.models import User
from backend.dashboard import mail_contents
from backend.dashboard.declarations import Panel
from backend.dashboard.mail_contents import content_for
from backend.dashboard.mailing import BACKOFF, LEASE, MAX_ATTEMPTS, delete_old, mail_due
from backend.dashboard.models import Frequency, ReportMail, SavedView, Schedule
from backend.dashboard.schedules import next_time
from backend.dashboard.viewing import result_of
from backend.notifications.models import Delivery, DeliveryFact
from backend.notifications.sending import send_due
from backend.notifications.subscribers import Deliveries
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend import shop
from tests.backend.config.admin_site.browser import PASSWORD, logged_in
from tests.backend.dashboard.conftest import browser_of
from tests.backend.notifications.conftest import Clock
from tests.backend.shop import client_of
from tests.backend.together import Killed, killed_at, together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]
QUERY = "period=last_7_days&compare=previous_period&breakdown=category&level=2"


@pytest.fixture
def clock() -> Clock:
    # In the past, as what a browser does in these tests has the time of the machine.
    return Clock((timezone.now() - timedelta(days=1)).replace(hour=12, minute=0))


@pytest.fixture
def owner(db: Any) -> User:
    return shop.staff(email="ann@shop.example", email_verified_at=timezone.now(), password=PASSWORD)


def a_view(user: User, clock: Clock, *, page: str = "sales", due: bool = True) -> SavedView:
    """Return a view that is mailed every day, the first time at the present time of the clock."""
    view = SavedView.objects.create(user=user, name="A view", page=page, query=QUERY, saved_at=clock.now)
    next_at = clock.now + timedelta(days=0 if due else 1)
    chosen_at = clock.now - timedelta(hours=1)
    Schedule.objects.create(view=view, frequency="daily", hour=0, chosen_at=chosen_at, next_at=next_at)
    return view


def nothing_but_days(report: ReportMail, *, is_last: bool) -> Mapping[str, Any]:
    day = report.day.isoformat()
    return {"reports": [], "whole_shop": True, "days": [day, day], "panels": [], "files": []}


def relay(clock: Clock) -> None:
    """Hand all reports in the outbox to notifications, as the relay may do more than once."""
    keys = Message.objects.filter(topic=Topic.REPORT_MAIL).values_list("key", flat=True)
    Deliveries(clock=clock).handle([Notice(Topic.REPORT_MAIL, key) for key in keys])


def deliver(clock: Clock, content: Any = content_for) -> None:
    mail_due(clock=clock, content_for=content)
    relay(clock)
    send_due(clock=clock)


def reasons(kind: Any = ReportMail) -> set[tuple[str, str]]:
    return set(kind.objects.values_list("state", "reason"))


def test_times_follow_the_clocks_of_the_shop(settings: Settings) -> None:
    settings.SHOP_TIME_ZONE = "Europe/Berlin"

    def following(frequency: str, after: str, *, hour: int = 8, weekday: int = 0) -> str:
        at = datetime.fromisoformat(after).replace(tzinfo=UTC)
        return next_time(frequency, weekday=weekday, hour=hour, after=at).strftime("%Y-%m-%dT%H:%M")

    assert following(Frequency.DAILY, "2026-03-27T07:00") == "2026-03-28T07:00"
    assert following(Frequency.DAILY, "2026-03-28T07:00") == "2026-03-29T06:00", "summer time began"
    assert following(Frequency.DAILY, "2026-03-28T23:30", hour=2) == "2026-03-29T01:00", "2:00 doesn't exist"
    assert following(Frequency.DAILY, "2026-10-24T23:30", hour=2) == "2026-10-25T00:00", "2:00 exists twice"
    assert following(Frequency.DAILY, "2026-10-25T00:00", hour=2) == "2026-10-26T01:00"
    assert following(Frequency.WEEKLY, "2026-11-27T12:00", weekday=4) == "2026-12-04T07:00"
    assert following(Frequency.WEEKLY, "2026-11-27T12:00", weekday=5, hour=0) == "2026-11-27T23:00"
    assert following(Frequency.MONTHLY, "2026-12-01T07:00") == "2027-01-01T07:00"
    assert following(Frequency.MONTHLY, "2026-12-31T22:59", hour=0) == "2026-12-31T23:00"


def test_a_mail_has_the_numbers_of_the_page_as_text_html_and_files(
    sales: datetime, owner: User, clock: Clock
) -> None:
    a_view(owner, clock)

    deliver(clock)

    (message,) = mail.outbox
    assert (message.to, message.extra_headers["List-Unsubscribe-Post"]) == (
        ["ann@shop.example"],
        "List-Unsubscribe=One-Click",
    )
    assert message.subject.startswith("A view, 20")
    assert isinstance(message, mail.EmailMultiAlternatives)
    html = str(message.alternatives[0][0])
    for text in (str(message.body), html):
        assert "20.10 EUR" in text
        assert "Home > Vases" in text.replace("&gt;", ">")
        assert f"/dashboard/sales/?{QUERY}" in text.replace("&amp;", "&")
    assert html.count("<caption") == html.count("<table") > 3
    assert '<th scope="col"' in html
    files = {name: str(text) for name, text, _ in message.attachments}
    (by_part,) = (text for name, text in files.items() if name.startswith("sales-by-part-"))
    assert by_part.startswith("period,units,gross,")
    assert by_part.count("Home > Vases") == 1
    assert not any("figures" in name for name in files)


def test_a_seller_gets_own_numbers_and_no_files_if_not_wanted(
    sales: datetime, lamp_seller: User, clock: Clock
) -> None:
    User.objects.filter(pk=lamp_seller.pk).update(email="lamps@shop.example", email_verified_at=clock.now)
    view = a_view(lamp_seller, clock, page="overview")
    Schedule.objects.update(with_files=False)

    deliver(clock)

    (message,) = mail.outbox
    assert "20.00 EUR" in message.body
    assert "20.10" not in message.body
    assert message.attachments == []
    assert reasons(Delivery) == {("SENT", "")}
    page = browser_of(lamp_seller).get("/dashboard/").content.decode()
    assert f"The report of {view.mails.get().day} was sent." in page


def test_schedulers_at_once_and_late_mail_once_a_day(owner: User, clock: Clock) -> None:
    a_view(owner, clock)

    def run() -> int:
        return mail_due(clock=clock, content_for=nothing_but_days)

    outcomes = together(*[run] * 4)
    assert any(isinstance(each, int) for each in outcomes), outcomes
    assert sum(each for each in outcomes if isinstance(each, int)) + run() == 1, outcomes
    clock.pass_(days=3)
    assert run() == 1, "what an outage prevented is left out but for the last"
    relay(clock)
    relay(clock)
    assert DeliveryFact.objects.count() == ReportMail.objects.count() == 2
    assert Schedule.objects.get().next_at > clock.now
    clock.pass_(days=60)
    assert delete_old(older_than=timedelta(days=30), now=clock.now) == 2


def test_a_process_that_is_killed_before_any_statement_mails_once(owner: User, clock: Clock) -> None:
    view, statement, was_killed = a_view(owner, clock), 0, True
    while was_killed:
        statement += 1
        was_killed = False
        ReportMail.objects.all().delete()
        Message.objects.filter(topic=Topic.REPORT_MAIL).delete()
        Schedule.objects.update(next_at=clock.now)
        try:
            with connection.execute_wrapper(killed_at(statement)):
                mail_due(clock=clock, content_for=nothing_but_days)
        except Killed:
            was_killed = True
            connection.close()
        clock.pass_(seconds=LEASE.total_seconds())
        mail_due(clock=clock, content_for=nothing_but_days)
        assert [each.state for each in view.mails.all()] == ["QUEUED"], statement
        assert Message.objects.filter(topic=Topic.REPORT_MAIL).count() == 1, statement
    assert statement > 5


def test_nothing_is_mailed_to_who_may_not_or_does_not_want_it(owner: User, clock: Clock) -> None:
    view = a_view(owner, clock)
    account, schedules = User.objects.filter(pk=owner.pk), Schedule.objects.filter(view=view)

    for changes, reason in (
        ({"is_active": False}, "The account is inactive."),
        ({"user_type": "CUSTOMER", "areas": ""}, "This account may see no reports."),
    ):
        before = account.values(*changes).get()
        account.update(**changes)
        schedules.update(next_at=clock.now)
        mail_due(clock=clock, content_for=content_for)
        assert reasons() == {("SKIPPED", reason)}
        account.update(**before)
        ReportMail.objects.all().delete()
        schedules.update(next_at=clock.now)
        mail_due(clock=clock, content_for=nothing_but_days)
        account.update(**changes)
        relay(clock)
        send_due(clock=clock)
        assert reasons(Delivery) == {("SKIPPED", reason)}
        account.update(**before)
        ReportMail.objects.all().delete()
        Delivery.objects.all().delete()
    schedules.update(next_at=clock.now)
    mail_due(clock=clock, content_for=nothing_but_days)
    account.update(user_type="SELLER", is_staff=False)
    relay(clock)
    send_due(clock=clock)
    assert reasons(Delivery) == {("SKIPPED", "This account may not see these numbers any more.")}
    assert mail.outbox == []


def test_a_dead_warehouse_delays_the_mail_and_the_page_says_so(
    no_warehouse: None, owner: User, clock: Clock
) -> None:
    a_view(owner, clock)

    mail_due(clock=clock, content_for=content_for)

    page = logged_in(owner).get("/dashboard/").content.decode()
    assert "waits, and is tried again at" in page
    assert "not available" in page
    Schedule.objects.update(next_at=clock.now + timedelta(days=9))
    for pause in BACKOFF:
        clock.pass_(seconds=pause.total_seconds())
        mail_due(clock=clock, content_for=content_for)
    ((state, reason),) = reasons()
    assert (state, "not available" in reason) == ("FAILED", True)
    assert not Message.objects.filter(topic=Topic.REPORT_MAIL).exists()


def test_the_last_attempt_mails_the_panels_that_can_be_read(
    sales: datetime, owner: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_parts(user: User, panel: Panel, *others: Any, **more: Any) -> Any:
        if panel.name == "by-part":
            raise QueryTimedOut("too slow")
        return result_of(user, panel, *others, **more)

    monkeypatch.setattr(mail_contents, "result_of", without_parts)
    a_view(owner, clock)
    for pause in (*BACKOFF, timedelta(0)):
        deliver(clock)
        clock.pass_(seconds=pause.total_seconds())

    (message,) = mail.outbox
    assert "20.10 EUR" in str(message.body)
    assert ReportMail.objects.get().attempts == MAX_ATTEMPTS
    (broken,) = (each for each in json.loads(ReportMail.objects.get().content)["panels"] if "error" in each)
    assert broken["name"] == "by-part"
    assert broken["error"] in str(message.body)


def test_a_report_that_ends_each_process_is_given_up(owner: User, clock: Clock) -> None:
    def kills(report: ReportMail, *, is_last: bool) -> Mapping[str, Any]:
        raise SystemExit

    a_view(owner, clock)
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(SystemExit):
            mail_due(clock=clock, content_for=kills)
        Schedule.objects.update(next_at=clock.now + timedelta(days=9))
        clock.pass_(seconds=LEASE.total_seconds())

    assert mail_due(clock=clock, content_for=kills) == 0
    assert reasons() == {("FAILED", "Each process that made it ended.")}


def test_one_click_stops_all_reports_until_one_is_chosen_again(owner: User, clock: Clock) -> None:
    view = a_view(owner, clock)
    deliver(clock, nothing_but_days)
    link = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")

    assert client_of(None).post(link[link.index("/api/") :]).status_code == 200

    browser = logged_in(owner)
    assert "You unsubscribed in a message" in browser.get("/dashboard/").content.decode()
    clock.pass_(days=1)
    deliver(clock)
    assert ("SKIPPED", "You unsubscribed from reports by e-mail.") in reasons()
    chosen = {"frequency": "daily", "hour": "7", "weekday": "0"}
    page = browser.post(f"/dashboard/views/{view.pk}/mail/", chosen, follow=True).content.decode()
    assert "A view will be sent by e-mail." in page
    assert "every day at 7:00" in page
    assert "You unsubscribed in a message" not in page
    clock.now = Schedule.objects.get().next_at + timedelta(days=1)
    deliver(clock, nothing_but_days)
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"frequency": "hourly"}, "Frequency must be one of daily, weekly, monthly."),
        ({"frequency": "weekly", "weekday": "7"}, "Weekday must be a whole number from 0 to 6."),
        ({"frequency": "daily", "hour": "٣"}, "Hour must be a whole number from 0 to 23."),
        ({"frequency": "daily"}, "your account has no verified e-mail address."),
    ],
)
def test_what_cannot_be_chosen_is_explained(
    owner: User, lamp_seller: User, clock: Clock, given: dict[str, str], message: str
) -> None:
    view = a_view(owner, clock, due=False)
    before = Schedule.objects.values().get()
    if "verified" in message:
        User.objects.filter(pk=owner.pk).update(email_verified_at=None)

    page = logged_in(owner).post(f"/dashboard/views/{view.pk}/mail/", given, follow=True).content.decode()

    assert message in page
    assert Schedule.objects.values().get() == before
    other = browser_of(lamp_seller).post(f"/dashboard/views/{view.pk}/mail/", {"frequency": ""})
    assert other.status_code == 404
    assert Schedule.objects.exists()
    logged_in(owner).post(f"/dashboard/views/{view.pk}/mail/", {"frequency": ""})
    assert not Schedule.objects.exists()
