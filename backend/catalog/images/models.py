"""Uploaded images and unused files."""

from django.db import models


class ProductImage(models.Model):
    """An uploaded image of a product, or of one of its variants.

    `file` is the folder of its files in the storage: the image itself and its thumbnails. `digest` is the
    SHA-256 of the uploaded bytes. `Product.pictures` has a copy of the data that product pages show.
    """

    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE, related_name="images")
    variant = models.ForeignKey(
        "catalog.Variant", null=True, blank=True, on_delete=models.SET_NULL, related_name="images"
    )
    position = models.PositiveSmallIntegerField()
    alt = models.CharField(max_length=250, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    file = models.CharField(max_length=80, unique=True)
    # 0 until the thumbnails exist, then the THUMBNAIL_SET for which they were made.
    thumbnail_set = models.PositiveSmallIntegerField(default=0)
    thumbnail_attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "digest"], name="product_image_once")]
        indexes = [models.Index(fields=["thumbnail_set", "thumbnail_attempts"], name="image_thumbnails")]

    def __str__(self) -> str:
        return self.file


class UnusedFile(models.Model):
    """A folder of the storage that no image refers to: its files are deleted after `delete_after`.

    The row is stored before the files of an upload, and deleted in the transaction that stores the image. So
    if an upload is interrupted, there is a row for its files.
    """

    file = models.CharField(max_length=80, unique=True)
    delete_after = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.file
