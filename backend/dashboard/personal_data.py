"""The personal data of the dashboard."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.dashboard.models import SavedView

PERSONAL_DATA = PersonalTables(
    "dashboard",
    [
        PersonalRows(
            section="saved_views",
            model=SavedView,
            owner=owned_by("user"),
            exported=["name", "page", "query", "saved_at"],
            withheld=["id", "user"],
        )
    ],
)
