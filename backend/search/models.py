"""Where versions of documents are drawn from."""

from django.db import models


class DocumentVersion(models.Model):
    """The last version that was drawn, in one row."""

    last = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.last)
