"""The audit log in Django's admin; read-only."""

from django.contrib import admin
from django.db.models import Q

from backend.api.service_admin import ServiceAdmin, whole_number
from backend.audit.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ServiceAdmin):
    """Who did what to which object."""

    area = "audit"
    list_display = ("recorded_at", "author", "action", "object_type", "object_id")
    list_display_links = ("recorded_at",)
    ordering = ("-id",)
    search_fields = ("object_id",)
    search_help_text = "An object, as in catalog.Product 17, or the id of the user who acted"
    fields = (
        "recorded_at",
        "author",
        "action",
        "object_type",
        "object_id",
        "changes",
        "personal",
        "request_id",
    )
    readonly_fields = ("author",)

    def matching(self, text: str) -> Q:
        """Find entries by object or by author."""
        object_type, _, object_id = text.rpartition(" ")
        if object_type:
            return Q(object_type=object_type, object_id=object_id)
        number = whole_number(text)
        return Q(object_type=text) if number is None else Q(user_id=number)

    @admin.display(description="By", ordering="user_id")
    def author(self, entry: AuditEntry) -> str:
        """Return the user's id, or the name of the part of the system."""
        return entry.system_name or f"user {entry.user_id}"
