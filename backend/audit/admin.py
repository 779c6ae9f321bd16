"""The audit log in Django's admin; read-only. Reading it is recorded in it, as in the API."""

import re
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat, Trim
from django.http import HttpRequest, HttpResponse

from backend.api.service_admin.columns import whole_number
from backend.api.service_admin.pages import ServiceAdmin
from backend.audit.actors import actor_of
from backend.audit.models import AuditEntry
from backend.audit.personal_values import fingerprints
from backend.audit.services import record

# Entries can't be changed, so an entry about a search must not have a phone or a name that was typed there.
SEARCHES = re.compile(r"[a-z_]+\.[A-Za-z]+( [0-9A-Za-z-]{1,40})?|[0-9]{1,9}")
OTHER_SEARCH = "something other than an object or a user's id"
PAGES = re.compile(r"[0-9]{1,9}")


def _read(request: HttpRequest) -> dict[str, tuple[None, str]]:
    """Return what the list was searched for, and its page."""
    read: dict[str, tuple[None, str]] = {}
    if text := request.GET.get("q", "").replace("\0", "").strip():
        read["search"] = (None, text if SEARCHES.fullmatch(text) else OTHER_SEARCH)
    if PAGES.fullmatch(page := request.GET.get("p", "")):
        read["page"] = (None, page)
    return read


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

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Return the entries with the names of staff; those of customers belong to another area."""
        staff = get_user_model().objects.filter(pk=OuterRef("user_id"), is_staff=True)
        name = Trim(Concat("first_name", Value(" "), "last_name"))
        return AuditEntry.objects.annotate(staff_name=Subquery(staff.annotate(name=name).values("name")[:1]))

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
        with transaction.atomic():
            record(
                "audit.entries_read",
                by=actor_of(request),
                subject=(AuditEntry._meta.label, ""),
                changes=_read(request),
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
    def author(self, entry: Any) -> str:
        """Return the user's id, with the name of staff, or the name of the part of the system."""
        user = f"user {entry.user_id}"
        return entry.system_name or (f"{entry.staff_name} ({user})" if entry.staff_name else user)

    @admin.display(description="Personal values")
    def personal_values(self, entry: AuditEntry) -> str:
        """Return the fingerprints of the old and the new values."""
        shown = fingerprints([entry]).get(entry.pk, {})
        return ", ".join(f"{name}: {old} → {new}" for name, (old, new) in shown.items()) or "–"
