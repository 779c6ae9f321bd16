"""Endpoints of the audit log."""

from django.apps import AppConfig


class AuditLogConfig(AppConfig):
    """Endpoints of the audit log."""

    name = "backend.audit_log"
    label = "audit_log"
