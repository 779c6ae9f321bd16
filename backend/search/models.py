"""Where versions of documents are drawn from."""

from django.db import models

SEQUENCE = "search_document_version"


class DocumentVersion(models.Model):
    """The last version drawn, in one row, on databases without sequences; elsewhere the table stays empty."""

    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)
