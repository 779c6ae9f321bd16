"""Model versions that were published, the one that serves, and their lists."""

from django.db import models
from django.db.models import Q

from backend.catalog.models import Product

REASON_CHARS = 500


class ModelVersion(models.Model):
    """A version of the registry whose files were verified, or whose lists an earlier release loaded as rows.

    `loaded_at` is None until that is complete. `published_at` is when it was last published; None if it was
    never published, or was rolled back. `made_by` maps each kind of list to the name of its model; `metrics`
    are those of the collaborative model. `is_serving` (true for one at most) and `pauses_publishing` repeat
    the pointer (`ServingPointer`) for processes of the previous release, and say what these changed.
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

    `replaces` is the publication that served before, to which a rollback returns.
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
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

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


class ServingPointer(models.Model):
    """The publication that serves, in the only row of its table.

    `generation` grows with each switch and with each erasure that changed files, so that processes open what
    they serve again. While `pinned_at` is set, scheduled training publishes nothing.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    publication = models.ForeignKey(Publication, null=True, on_delete=models.PROTECT, related_name="+")
    generation = models.BigIntegerField(default=0)
    pinned_by = models.CharField(max_length=64, blank=True)
    pinned_reason = models.CharField(max_length=REASON_CHARS, blank=True)
    pinned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "recommendations_serving"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="one_serving_pointer"),
            models.CheckConstraint(
                condition=Q(pinned_at__isnull=True) | Q(publication__isnull=False),
                name="only_what_serves_is_pinned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication}, generation {self.generation}"


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
    """A file of a version's lists: the number of `lists`, its `bytes` and `sha256`.

    In versions of earlier releases it is one list, of a `subject`: `entries` are [product id, score,
    explaining product id or None], best first, and there is no `sha256`.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="lists")
    audience = models.CharField(max_length=8, choices=Audience.choices)
    subject = models.CharField(max_length=36, blank=True)
    algorithm = models.CharField(max_length=13, choices=Algorithm.choices)
    entries = models.JSONField(default=list)
    lists = models.PositiveIntegerField(null=True)
    bytes = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "audience", "subject", "algorithm"], name="one_list_a_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} for {self.audience} {self.subject}".rstrip()


class NewProduct(models.Model):
    """A product that is newer than the version that serves.

    `near` are the products most similar by words, as [product id, cosine], best first.
    """

    product = models.OneToOneField(Product, primary_key=True, on_delete=models.CASCADE, related_name="+")
    near = models.JSONField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"neighbours of product {self.product_id}"
