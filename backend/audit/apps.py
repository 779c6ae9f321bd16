"""The audit log: who wrote what."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit log: who wrote what."""

    name = "backend.audit"
    label = "audit"
