"""Audit log entries."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """A write: who did what to which object, and how its fields changed. Append-only.

    `user_id` is not a foreign key, because an entry outlives its user's account. `object_type` is a model's
    label, or a name for an object without a model. `changes` is {field: [old, new]}.
    """

    recorded_at = models.DateTimeField(db_default=Now())
    user_id = models.BigIntegerField(null=True)
    system_name = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=200)
    changes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="audit_of_an_object"),
            models.Index(fields=["user_id", "id"], name="audit_of_a_user"),
            models.Index(fields=["recorded_at"], name="audit_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user_id__isnull=True) ^ Q(system_name=""), name="audit_entry_has_one_actor"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
