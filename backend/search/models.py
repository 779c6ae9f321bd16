"""The counter of document versions, and the progress of builds."""

from django.db import models


class DocumentVersion(models.Model):
    """One row with the last version that was drawn."""

    last = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.last)


class IndexBuild(models.Model):
    """A generation that is being built, and how far: a build that was killed is resumed there."""

    generation = models.CharField(max_length=200, unique=True)
    written_up_to = models.PositiveBigIntegerField(default=0)
    """The highest product id of the batches that are in the index."""

    def __str__(self) -> str:
        return self.generation
