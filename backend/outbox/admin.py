"""The outbox's subscribers in Django's admin; read-only."""

from django.contrib import admin

from backend.api.service_admin.pages import ServiceAdmin
from backend.outbox.models import Cursor


@admin.register(Cursor)
class CursorAdmin(ServiceAdmin):
    """The position of each subscriber, and the process that runs it; `manage.py outbox` changes them."""

    area = "operations"
    list_display = ("subscriber", "state", "message_id", "moved_at", "failure")
    ordering = ("subscriber",)

    @admin.display(description="State")
    def state(self, cursor: Cursor) -> str:
        """Return whether a process runs the subscriber."""
        if cursor.overtaken:
            return "overtaken: messages after it were deleted"
        if cursor.closed_at is not None:
            return "closed"
        return f"run by {cursor.lease_owner}" if cursor.lease_owner else "not running"
