"""The audit log in Django's admin; read-only. Reading it is recorded in it, as in the API."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from backend.api.service_admin.columns import whole_number
from backend.api.service_admin.pages import ServiceAdmin
from backend.audit.actors import actor_of
from backend.audit.models import AuditEntry
from backend.audit.personal_values import fingerprints
from backend.audit.services import record

PARAMETERS = {"q": "search", "p": "page"}
LONGEST_PARAMETER = 200


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
        "personal_values",
        "request_id",
    )
    readonly_fields = ("author", "personal_values")

    def matching(self, text: str) -> Q:
        """Find entries by object or by author."""
        object_type, _, object_id = text.rpartition(" ")
        if object_type:
            return Q(object_type=object_type, object_id=object_id)
        number = whole_number(text)
        return Q(object_type=text) if number is None else Q(user_id=number)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """List entries."""
        page = super().changelist_view(request, extra_context)
        given = {
            name: (None, request.GET[parameter].replace("\0", "")[:LONGEST_PARAMETER])
            for parameter, name in PARAMETERS.items()
            if parameter in request.GET
        }
        with transaction.atomic():
            record(
                "audit.entries_read",
                by=actor_of(request),
                subject=(AuditEntry._meta.label, ""),
                changes=given,
            )
        return page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **options: Any
    ) -> HttpResponse:
        """Show an entry."""
        with transaction.atomic():
            record("audit.entry_read", by=actor_of(request), subject=obj)
        page: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **options)
        return page

    @admin.display(description="By", ordering="user_id")
    def author(self, entry: AuditEntry) -> str:
        """Return the user's id, or the name of the part of the system."""
        return entry.system_name or f"user {entry.user_id}"

    @admin.display(description="Personal values")
    def personal_values(self, entry: AuditEntry) -> str:
        """Return the fingerprints of the old and the new values."""
        shown = fingerprints([entry]).get(entry.pk, {})
        return ", ".join(f"{name}: {old} → {new}" for name, (old, new) in shown.items()) or "–"
