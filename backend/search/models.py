"""The counter of document versions."""

from django.db import models


class DocumentVersion(models.Model):
    """One row with the last version that was drawn."""

    last = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.last)
