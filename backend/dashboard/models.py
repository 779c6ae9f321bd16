"""Views of the dashboard that users saved, and the reports of them that are mailed.

A report is one view at one time of its schedule:

    WAITING ──the figures are read────────────────────▶ QUEUED, its delivery has the states of notifications
       ▲ └────the warehouse can't answer───┐     ├────▶ SKIPPED, its owner may not or doesn't want to get it
       └──────try again later──────────────┘     └────▶ FAILED, tried too often
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

LONGEST_NAME, LONGEST_QUERY = 80, 4_000


class SavedView(models.Model):
    """A page with filters under a name of the user's; `query` is the query string of its address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=LONGEST_NAME)
    page = models.CharField(max_length=40)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_name_of_a_user")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Frequency(models.TextChoices):
    """How often a view is mailed."""

    DAILY = "daily", "every day"
    WEEKLY = "weekly", "every week"
    MONTHLY = "monthly", "on the first of the month"


class Schedule(models.Model):
    """When a view is mailed to its user: the hour, and for weeks the weekday, in the shop's time zone.

    `weekday` is 0 on Mondays. `next_at` is the next time, `chosen_at` when the user chose it.
    """

    view = models.OneToOneField(SavedView, on_delete=models.CASCADE, related_name="schedule")
    frequency = models.CharField(max_length=8, choices=Frequency.choices)
    weekday = models.PositiveSmallIntegerField(default=0)
    hour = models.PositiveSmallIntegerField()
    with_files = models.BooleanField(default=True)
    chosen_at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__lte=6) & Q(hour__lte=23), name="schedule_is_a_weekday_and_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.view}, {self.get_frequency_display()}"


class MailState(models.TextChoices):
    """The state of a report; the module's docstring shows the transitions."""

    WAITING = "WAITING", "waits for its figures"
    QUEUED = "QUEUED", "handed to notifications"
    SKIPPED = "SKIPPED", "not allowed or not wanted"
    FAILED = "FAILED", "given up"


class ReportMail(models.Model):
    """A view that is mailed on a day; at most one a day, however many processes make it.

    `day` is the day in the shop's time zone as of which the view's period is computed. `try_at` is when a
    process may try next, also if the one that tries is killed. `content` is that of `mail_contents` as JSON.
    """

    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="mails")
    day = models.DateField()
    state = models.CharField(max_length=7, choices=MailState.choices, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    try_at = models.DateTimeField()
    # Not a JSONField: PostgreSQL refuses null characters in one, which texts of events may have.
    content = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["view", "day"], name="view_mailed_once_a_day")]
        indexes = [
            models.Index(
                fields=["try_at"], condition=Q(state=MailState.WAITING), name="report_mails_that_wait"
            ),
            models.Index(fields=["created_at"], name="report_mails_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.view}, {self.day}"
