"""Loaded model versions, which one is serving, and their lists."""

from django.db import models
from django.db.models import Q

REASON_CHARS = 500


class ModelVersion(models.Model):
    """A version of the registry whose lists are loaded or being loaded; `is_serving` is true for one at most.

    `loaded_at` is None until all lists are loaded. `published_at` is when it was last published; None if it
    was never published, or was rolled back. `pauses_publishing` is true while the version serves because an
    operator chose it, by its name or by a rollback: scheduled training then publishes nothing until an
    operator runs `publish_model`. `made_by` maps each kind of list to the name of its model; `metrics` are
    those of the collaborative model.
    """

    version = models.CharField(max_length=64, unique=True)
    made_by = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict, db_column="marks")
    loaded_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    is_serving = models.BooleanField(default=False)
    # The database has the default, too, because processes of the previous release insert rows without the
    # column.
    pauses_publishing = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_serving"], condition=Q(is_serving=True), name="one_version_is_serving"
            ),
            models.CheckConstraint(
                condition=Q(is_serving=False) | Q(loaded_at__isnull=False, published_at__isnull=False),
                name="only_a_loaded_version_is_serving",
            ),
        ]

    def __str__(self) -> str:
        return self.version


class Publication(models.Model):
    """That a version was published, and whether its gates let it pass; kept when its lists are deleted.

    `manifest_sha256` is of the manifest that was judged; an erasure that reduces the version replaces it.
    `overridden` are the names of the gates that refused the version, and `reason` says why it was published
    nevertheless; both are empty otherwise. `user_id` is not a foreign key, because a publication outlives its
    author's account. What served when, after rollbacks, too, is in the audit log.
    """

    version = models.CharField(max_length=64)
    manifest_sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    system_name = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=REASON_CHARS, blank=True)
    overridden = models.JSONField(default=list)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user_id__isnull=True) ^ Q(system_name=""), name="publication_has_one_actor"
            ),
            models.CheckConstraint(
                condition=Q(overridden=[]) | ~Q(reason=""), name="overridden_gates_have_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} at {self.published_at:%F %T}"


class Audience(models.TextChoices):
    """Who a list is for."""

    USER = "user", "a shopper, by key"
    PRODUCT = "product", "a product's page, by id"
    EVERYONE = "everyone", "a shopper without a history"


class Algorithm(models.TextChoices):
    """How a list was made."""

    COLLABORATIVE = "collaborative", "from other shoppers' interactions"
    CONTENT_BASED = "content_based", "from the products' texts and attributes"
    HYBRID = "hybrid", "from both"
    POPULARITY = "popularity", "from the number of interactions"
    TOGETHER = "together", "from products of the same orders"
    BUY_AGAIN = "buy_again", "from what the customer buys repeatedly"
    TRENDING = "trending", "from the growth of the number of buyers"


class ProductRecommendation(models.Model):
    """One published list: `entries` are [product id, score, explaining product id or None], best first."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="lists")
    audience = models.CharField(max_length=8, choices=Audience.choices)
    subject = models.CharField(max_length=36, blank=True)
    algorithm = models.CharField(max_length=13, choices=Algorithm.choices)
    entries = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "audience", "subject", "algorithm"], name="one_list_a_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} for {self.audience} {self.subject}".rstrip()
