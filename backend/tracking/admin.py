"""The names of a shop's own events in Django's admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.api.service_admin.operations import Values
from backend.api.service_admin.pages import ServiceAdmin
from backend.audit.actors import actor_of
from backend.tracking import event_names
from backend.tracking.models import EventName


@admin.register(EventName)
class EventNameAdmin(ServiceAdmin):
    """The names that `custom` events may have. A name isn't deleted, because stored events have it."""

    area = StaffArea.REPORTS
    list_display = ("name", "is_active", "description", "updated_at")
    list_filter = ("is_active",)
    search_fields = ("name",)
    search_help_text = "The beginning of a name"
    fields = event_names.FIELDS

    def matching(self, text: str) -> Q:
        """Find names by their beginning."""
        return Q(name__startswith=text)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the name for a row that exists: stored events have it."""
        return ("name",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: names are deactivated."""
        return False

    def create(self, request: HttpRequest, values: Values) -> EventName:
        """Register a name."""
        fields = {name: values[name] for name in event_names.FIELDS}
        return event_names.create_event_name(fields, by=actor_of(request), now=timezone.now())

    def change(self, request: HttpRequest, row: Any, changes: Values) -> None:
        """Change a name."""
        event_names.update_event_name(row.pk, changes=changes, by=actor_of(request), now=timezone.now())
