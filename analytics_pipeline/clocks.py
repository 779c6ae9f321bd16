"""Check whether an event's time is plausible, and correct it where the client's clock is wrong.

Docs: docs/decisions/events.md.
"""

from datetime import UTC, datetime, timedelta

EARLIEST = timedelta(days=7)
LATEST = timedelta(minutes=5)
# A difference up to this may be the network's delay; a greater one is the error of the client's clock.
NETWORK_DELAY = timedelta(minutes=1)
# Reports read one extra day on either side of their period, so no correction may be greater.
MAX_OFFSET = timedelta(days=1)
MILLISECONDS_A_DAY = 86_400_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970."""
    return (moment - _EPOCH) // _MILLISECOND


def offset(*, sent_at: datetime | None, arrived_at: datetime) -> int:
    """Return the correction to add to the times of a request's events, in milliseconds.

    The correction is the time of arrival minus the client's time of sending if they differ by more than the
    network's delay, and 0 otherwise.
    """
    if sent_at is None or abs(arrived_at - sent_at) <= NETWORK_DELAY:
        return 0
    return (arrived_at - sent_at) // _MILLISECOND


def span(*, arrived_at: datetime, clock_offset: int) -> tuple[int, int]:
    """Return the first and the last time, in milliseconds, that the id of an event arriving now may have."""
    arrival = milliseconds(arrived_at) - clock_offset
    return arrival - EARLIEST // _MILLISECOND, arrival + LATEST // _MILLISECOND


def too_far_off(clock_offset: int) -> bool:
    """Return whether a clock is so wrong that its times can't be corrected."""
    return abs(clock_offset) > MAX_OFFSET // _MILLISECOND
