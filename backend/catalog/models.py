"""Categories, products (what is listed) and variants (what is stocked)."""

import re
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.catalog.images import pictures
from backend.catalog.images.models import ProductImage, UnusedFile  # noqa: F401 - Django finds them here
from backend.catalog.published_rows import PublishedModel, PublishingQuerySet
from backend.outbox.topics import Topic

PATH_SEPARATOR = " > "
STANDARD_TAX_CLASS = "standard"
TAX_CLASS = re.compile(r"[a-z0-9_-]{1,20}")
MAX_WEIGHT_GRAMS = 10_000_000


class Category(PublishedModel):
    """A node of the category tree; `path` has the names from the root, as in "Home > Lighting"."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=250, unique=True, allow_unicode=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=1_000, unique=True)
    depth = models.PositiveSmallIntegerField(default=0)

    topic = Topic.CATEGORY
    publishes_new = False
    objects = PublishingQuerySet["Category"].as_manager()

    class Meta:
        ordering = ["path"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.path

    @property
    def names(self) -> list[str]:
        """The names from the root to this category."""
        return self.path.split(PATH_SEPARATOR)


class ProductQuerySet(PublishingQuerySet["Product"]):
    """Filters products by state."""

    def existing(self) -> "ProductQuerySet":
        """Return the products that are not deleted."""
        return self.filter(deleted_at=None)

    def listed(self) -> "ProductQuerySet":
        """Return the products that are shown to shoppers."""
        return self.existing().filter(is_active=True)


class Product(PublishedModel):
    """A product that is listed. It has at least one variant; stock belongs to variants.

    `sale_price` is the lowest sale price of the active variants, for lists, filters and sorting. The row of a
    deleted product is kept for the orders that reference it.
    """

    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=320, db_index=True, allow_unicode=True)
    description = models.TextField(blank=True)
    brand = models.CharField(max_length=120, blank=True, db_index=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="products")
    price = models.DecimalField(max_digits=14, decimal_places=4)
    # Eight places, so that an imported sale price can be computed exactly from the list price.
    discount_percentage = models.DecimalField(max_digits=11, decimal_places=8, default=Decimal(0))
    sale_price = models.DecimalField(max_digits=14, decimal_places=4, db_index=True)
    # That of the variant whose price is `sale_price`.
    lowest_price_30_days = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    # As that variant's.
    promoted_by = models.JSONField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    tax_class = models.CharField(max_length=20, default=STANDARD_TAX_CLASS, db_default=STANDARD_TAX_CLASS)
    # Whether an active variant's price is reduced by a flash sale.
    flash_sale = models.BooleanField(default=False)
    best_seller_product = models.BooleanField(default=False)
    featured_product = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    rating_average = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    rating_count = models.PositiveIntegerField(default=0)
    # Null without ratings; ratings.py computes these three from the following columns.
    rating_score = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    imported_rating_average = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    imported_rating_count = models.PositiveIntegerField(default=0, db_default=0)
    # How many published reviews have so many stars.
    stars_1 = models.PositiveIntegerField(default=0, db_default=0)
    stars_2 = models.PositiveIntegerField(default=0, db_default=0)
    stars_3 = models.PositiveIntegerField(default=0, db_default=0)
    stars_4 = models.PositiveIntegerField(default=0, db_default=0)
    stars_5 = models.PositiveIntegerField(default=0, db_default=0)
    popularity = models.PositiveIntegerField(default=0, db_index=True)
    attributes = models.JSONField(default=dict, blank=True)
    image_urls = models.JSONField(default=list, blank=True)
    # A copy of the uploaded images; images/pictures.py describes it.
    pictures = models.JSONField(default=list, db_default=[], blank=True)
    source = models.CharField(max_length=32, blank=True)
    source_reference = models.CharField(max_length=64, null=True, blank=True)
    created_at = models.DateTimeField(db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    topic = Topic.PRODUCT
    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "source", "source_reference"], name="product_imported_once_by_seller"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(condition=Q(sale_price__gte=0), name="product_sale_price_not_negative"),
            models.CheckConstraint(
                condition=Q(discount_percentage__gte=0, discount_percentage__lte=100),
                name="product_discount_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_listed(self) -> bool:
        """Whether the product is shown to shoppers."""
        return self.is_active and self.deleted_at is None

    @property
    def image_url(self) -> str | None:
        """The address of the first image."""
        return pictures.cover_url(self.pictures, self.image_urls)

    @property
    def thumbnail_url(self) -> str | None:
        """The address of the first image as lists show it."""
        return pictures.cover_thumbnail_url(self.pictures, self.image_urls)

    @property
    def stock(self) -> int:
        """The units of all variants in stock, including reserved ones."""
        return sum(variant.stock for variant in self.variants.all())

    @property
    def available(self) -> int:
        """The units of all active variants that can be sold now."""
        return sum(variant.available for variant in self.variants.all() if variant.is_active)


class ProductSlug(models.Model):
    """A slug that a product has or had, so that old addresses lead to it; `slugs.claim` writes it."""

    id = models.BigAutoField(primary_key=True)
    slug = models.SlugField(max_length=320, unique=True, allow_unicode=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="slugs")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.slug


class Variant(PublishedModel):
    """A variant that is stocked: `stock` counts physical units, `reserved` those that are held for orders."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    name = models.CharField(max_length=200, blank=True)
    sku = models.CharField(max_length=64, unique=True)
    price_modifier = models.DecimalField(max_digits=14, decimal_places=4, default=Decimal(0))
    # Null means the discount of the product.
    discount_percentage = models.DecimalField(max_digits=11, decimal_places=8, null=True, blank=True)
    sale_price = models.DecimalField(max_digits=14, decimal_places=4)
    # The lowest price of the 30 days before the present reduction; null if the price isn't reduced, or has
    # been reduced since the variant exists.
    lowest_price_30_days = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    # What promotions without a code make of one unit's price, and the one that is shown (a PromotedBy).
    reduced_price = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    promoted_by = models.JSONField(null=True, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    stock = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    # Null if it is unknown; shipping counts it as 0.
    weight_grams = models.PositiveIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    image_url = models.URLField(max_length=500, blank=True)

    topic = Topic.PRODUCT
    published_column = "product_id"
    objects = PublishingQuerySet["Variant"].as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["product"], name="variants_reduced", condition=Q(reduced_price__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__lte=F("stock")), name="variant_reserved_within_stock"
            ),
            models.CheckConstraint(condition=Q(sale_price__gte=0), name="variant_sale_price_not_negative"),
            models.CheckConstraint(
                condition=Q(reduced_price=None) | Q(reduced_price__gte=0, promoted_by__isnull=False),
                name="variant_reduced_by_a_promotion",
            ),
            models.CheckConstraint(
                condition=Q(discount_percentage=None)
                | Q(discount_percentage__gte=0, discount_percentage__lte=100),
                name="variant_discount_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}".strip()

    @property
    def list_price(self) -> Decimal:
        """The price before the discount."""
        return self.product.price + self.price_modifier

    @property
    def discount(self) -> Decimal:
        """The discount in percent: the variant's own, or else the product's."""
        own = self.discount_percentage
        return self.product.discount_percentage if own is None else own

    @property
    def shown_image_url(self) -> str:
        """The address of the variant's first uploaded image, or else `image_url`."""
        return pictures.variant_urls(self.product.pictures).get(self.pk, self.image_url)

    @property
    def available(self) -> int:
        """The units that can be sold now."""
        return self.stock - self.reserved


class PriceChange(models.Model):
    """A change of the price that a variant is sold at. Append-only; `price_changes.price_changed` writes it.

    `old_price` is null if the variant had a price in another currency. `promotion_id` is the promotion whose
    reduction the new price has, if it has one. The row remains when the variant is deleted.
    """

    id = models.BigAutoField(primary_key=True)
    variant = models.ForeignKey(
        Variant,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="price_changes",
    )
    currency = models.CharField(max_length=3)
    old_price = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    new_price = models.DecimalField(max_digits=14, decimal_places=4)
    list_price = models.DecimalField(max_digits=14, decimal_places=4)
    promotion_id = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["variant", "changed_at"], name="price_changes_of_variant")]

    def __str__(self) -> str:
        return f"variant {self.variant_id}: {self.old_price} to {self.new_price} {self.currency}"
