"""The health check of payments: whether requests are performed, and whether a payment needs an operator."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from backend.payments.selectors import Backlog, backlog

# The sweep runs every 20 seconds; a busy worker may take longer.
OVERDUE = timedelta(minutes=5)


class PaymentsNeedAttention(Exception):
    """Requests are not performed, or a payment needs an operator."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def check() -> Mapping[str, object]:
    """Return the numbers of due requests, unresolved requests and payments that need attention.

    Raises:
        PaymentsNeedAttention: requests are overdue, or a payment needs an operator.
    """
    return check_at(timezone.now())


def check_at(now: datetime) -> Mapping[str, object]:
    """Return the numbers at the time `now`; raises as `check` does."""
    found = backlog(now=now)
    if found.overdue_seconds > OVERDUE.total_seconds():
        raise PaymentsNeedAttention(
            f"{found.due} requests to payment gateways are due, the oldest for {found.overdue_seconds:.0f} s",
            "start a Celery worker and beat",
        )
    if found.needing_attention:
        raise PaymentsNeedAttention(
            f"{found.needing_attention} payments need attention, {found.unresolved} requests are unresolved",
            "run: manage.py payments",
        )
    return _facts(found)


def _facts(found: Backlog) -> dict[str, object]:
    return {
        "gateways": ", ".join(settings.PAYMENT_GATEWAYS),
        "due": found.due,
        "overdue_seconds": found.overdue_seconds,
        "unresolved": found.unresolved,
        "needing_attention": found.needing_attention,
    }
