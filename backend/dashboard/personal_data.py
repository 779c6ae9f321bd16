"""The personal data of the dashboard."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.dashboard.models import ReportMail, SavedView, Schedule

PERSONAL_DATA = PersonalTables(
    "dashboard",
    [
        PersonalRows(
            section="report_mails",
            model=ReportMail,
            owner=owned_by("view__user"),
            exported=["view__name", "day", "state", "reason", "created_at"],
            withheld=["id", "view", "attempts", "try_at", "content"],
        ),
        PersonalRows(
            section="report_schedules",
            model=Schedule,
            owner=owned_by("view__user"),
            exported=["view__name", "frequency", "weekday", "hour", "with_files", "chosen_at", "next_at"],
            withheld=["id", "view"],
        ),
        PersonalRows(
            section="saved_views",
            model=SavedView,
            owner=owned_by("user"),
            exported=["name", "page", "query", "saved_at"],
            withheld=["id", "user"],
        ),
    ],
)
