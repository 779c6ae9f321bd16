"""The names of a shop's own events."""

from django.db import models

MAX_NAME_LENGTH = 100
MAX_DESCRIPTION_LENGTH = 1_000


class EventName(models.Model):
    """A name that `custom` events may have, and the types of their properties by name.

    Events with an inactive name are refused; those that were stored keep it.
    """

    name = models.CharField(max_length=MAX_NAME_LENGTH, unique=True)
    description = models.TextField(max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    properties = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
