"""Erasures of shoppers and their progress in the stores outside the database."""

import uuid

from django.db import models
from django.utils.functional import cached_property


class Erasure(models.Model):
    """The erasure of a customer or a guest. `id` is the receipt, which nothing else refers to.

    The key and the anonymous ids are needed by the stores that have not confirmed yet; when all have, they
    are deleted, and `completed_at` is set. `erased` counts rows by section of the export. `kept` lists what
    the law requires to be kept: {what, rows, until, reason}.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    requested_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    shopper_key = models.UUIDField(null=True)
    anonymous_ids = models.JSONField(default=list)
    erased = models.JSONField(default=dict)
    kept = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"erasure {self.pk}"

    @cached_property
    def steps_by_name(self) -> list["ErasureStep"]:
        """The steps, by the name of the store."""
        return sorted(self.steps.all(), key=lambda step: step.store)


class ErasureStep(models.Model):
    """The erasure in one store; `done_at` is when the store confirmed it."""

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="steps")
    store = models.CharField(max_length=40)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["erasure", "store"], name="erasure_step_once")]

    def __str__(self) -> str:
        return f"{self.store} of erasure {self.erasure_id}"
