"""A system check that reads the file of every report."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name for a level

from analytics_pipeline import reports


def check_reports(app_configs: Any = None, **_: Any) -> Sequence[CheckMessage]:
    """Return a warning for each invalid report file, with the line and the error.

    These are warnings because Django runs no command while a check reports an error, and the other reports
    work.
    """
    return [
        Warning(str(fault), hint="Compare it with the other reports in that folder.", id="analytics.W001")
        for fault in reports.faults()
    ]
