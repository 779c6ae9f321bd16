"""Requests that must not be carried out twice."""

from django.conf import settings
from django.db import models


class IdempotencyKey(models.Model):
    """A request that a caller named with a key, and the answer that it got.

    `body` is JSON as text, for an answer that is repeated is the same to the letter. The row is written in
    the transaction of the work itself: where the work failed, the key is free again.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=32)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "scope", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
