"""Document versions, builds, comparisons, synonyms, query rules and the suggestion dictionary."""

from django.db import models
from django.db.models import F, Q

from indexing.rules.query_rules import DEFAULT_PRIORITY, QueryMatch

MAX_NAME_LENGTH = 120
MAX_PHRASE_LENGTH = 200


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


class RuleSetVersion(models.Model):
    """One row whose number changes with every change of a synonym set or a query rule."""

    last = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.last)


class SynonymSet(models.Model):
    """Phrases that mean the same; with a source, only the source also finds the others.

    `fingerprint` identifies the set by its normalised phrases. `evidence` says what a proposal was made from.
    """

    class Status(models.TextChoices):
        """Only active sets have an effect."""

        ACTIVE = "active"
        INACTIVE = "inactive"
        PROPOSED = "proposed"
        REJECTED = "rejected"

    phrases = models.JSONField()
    source = models.CharField(max_length=MAX_PHRASE_LENGTH, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    evidence = models.JSONField(null=True, blank=True)
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        phrases = ", ".join(self.phrases)
        return f"{self.source} → {phrases}" if self.source else phrases


class QueryRule(models.Model):
    """Actions for the queries that a condition describes, in a period; `actions` are JSON objects."""

    name = models.CharField(max_length=MAX_NAME_LENGTH)
    is_enabled = models.BooleanField(default=True)
    priority = models.PositiveIntegerField(default=DEFAULT_PRIORITY)
    match = models.CharField(max_length=12, choices=[(each.value, each.value) for each in QueryMatch])
    phrases = models.JSONField(default=list, blank=True)
    context = models.JSONField(default=dict, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    actions = models.JSONField()
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["priority", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(starts_at__lt=F("ends_at")),
                name="query_rule_ends_after_its_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IndexComparison(models.Model):
    """The last nightly comparison of a generation with the database."""

    generation = models.CharField(primary_key=True, max_length=200)
    compared_at = models.DateTimeField()
    products = models.PositiveIntegerField()
    differing = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.generation}: {self.differing} of {self.products} products differ"


class StoredSuggestions(models.Model):
    """One row with the suggestion dictionary, and the statistics of queries that it was built with."""

    dictionary = models.BinaryField(default=b"")
    version = models.UUIDField()
    """Changes with every dictionary."""
    built_at = models.DateTimeField()
    seconds = models.FloatField()
    """How much processor time it took to build."""
    catalogue = models.CharField(max_length=100)
    """The newest change of a product that the dictionary contains."""
    queries = models.JSONField(default=list)
    queries_at = models.DateTimeField(null=True)
    """When the warehouse was read; None if it never responded."""

    class Meta:
        verbose_name_plural = "stored suggestions"

    def __str__(self) -> str:
        return str(self.version)
