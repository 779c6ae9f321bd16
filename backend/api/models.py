"""Stored idempotency keys."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class IdempotencyKey(models.Model):
    """A request with an Idempotency-Key of a user or of a guest, and its response.

    `body` is JSON as text, so that a repeated response is byte for byte the same. The row is written in the
    transaction of the request's own work, so a failed request leaves no row.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    guest = models.CharField(max_length=64, default="", db_default="", blank=True)
    scope = models.CharField(max_length=32)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "scope", "key"], name="idempotency_key_once"),
            models.UniqueConstraint(
                fields=["guest", "scope", "key"], name="idempotency_key_of_guest_once", condition=~Q(guest="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
