"""When a view is mailed, in the time zone of the shop."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from backend.api.errors import InvalidInput
from backend.dashboard.models import Frequency, SavedView, Schedule

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_AHEAD = 62
"""More days than lie between two firsts of a month."""


def shop_day(now: datetime) -> date:
    """Return the day in the shop's time zone, in which reports have their days."""
    return now.astimezone(ZoneInfo(settings.SHOP_TIME_ZONE)).date()


def next_time(frequency: str, *, weekday: int, hour: int, after: datetime) -> datetime:
    """Return the first time of a schedule after `after`, in UTC.

    If clocks change, an hour that is skipped is the hour after it; one that occurs twice is the first.
    """
    first = shop_day(after)
    for days in range(_DAYS_AHEAD):
        day = first + timedelta(days=days)
        at = _at(day, hour=hour)
        if _is_day(day, frequency=frequency, weekday=weekday) and at > after:
            return at
    raise ValueError(f"no day of {frequency} within {_DAYS_AHEAD} days")


def latest_day(schedule: Schedule, *, now: datetime) -> date:
    """Return the day of the latest time until `now`: reports that an outage prevented are left out."""
    day = shop_day(schedule.next_at)
    while True:
        following = next_time(
            schedule.frequency,
            weekday=schedule.weekday,
            hour=schedule.hour,
            after=_at(day, hour=schedule.hour),
        )
        if following > now:
            return day
        day = shop_day(following)


def _at(day: date, *, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(settings.SHOP_TIME_ZONE)).astimezone(UTC)


def _is_day(day: date, *, frequency: str, weekday: int) -> bool:
    match frequency:
        case Frequency.DAILY:
            return True
        case Frequency.WEEKLY:
            return day.weekday() == weekday
        case _:
            return day.day == 1


def choose(user: User, *, view_id: int, given: Mapping[str, str], now: datetime) -> SavedView | None:
    """Set when a view of the user is mailed, and return the view, or None; an empty `frequency` stops it.

    Raises:
        InvalidInput: a value can't be used, or the user has no verified e-mail address.
    """
    frequency = given.get("frequency", "")
    values = {} if not frequency else _values(user, frequency=frequency, given=given)
    with transaction.atomic():
        # Locked, so that it isn't deleted meanwhile.
        view = SavedView.objects.select_for_update().filter(user=user, pk=view_id).first()
        if view is None:
            return None
        if not values:
            Schedule.objects.filter(view=view).delete()
            return view
        next_at = next_time(frequency, weekday=values["weekday"], hour=values["hour"], after=now)
        row = {**values, "frequency": frequency, "chosen_at": now, "next_at": next_at}
        Schedule.objects.update_or_create(
            view=view, defaults={**row, "with_files": given.get("with_files") == "on"}
        )
    return view


def _values(user: User, *, frequency: str, given: Mapping[str, str]) -> dict[str, int]:
    if frequency not in Frequency.values:
        raise InvalidInput(frequency=f"must be one of {', '.join(Frequency.values)}")
    if not user.email_verified:
        raise InvalidInput(e_mail="can't be sent: your account has no verified e-mail address")
    limits = {"weekday": 6, "hour": 23}
    values = {name: given.get(name, "0") for name in limits}
    if wrong := {name for name, text in values.items() if not _is_up_to(text, limits[name])}:
        raise InvalidInput(**{name: f"must be a whole number from 0 to {limits[name]}" for name in wrong})
    return {name: int(text) for name, text in values.items()}


def _is_up_to(text: str, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) <= most
