"""A system check that reads the file of every report."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name for a level

from analytics_pipeline import reports


def check_reports(app_configs: Any = None, **_: Any) -> Sequence[CheckMessage]:
    """Return a warning for each file that can't be used, with the line and the fault.

    Not an error: Django runs no command at all while a check finds one, and the other reports work.
    """
    return [
        Warning(str(fault), hint="Compare it with the other reports in that folder.", id="analytics.W001")
        for fault in reports.faults()
    ]
