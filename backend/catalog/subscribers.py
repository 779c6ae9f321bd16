"""The catalogue's outbox subscribers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction

from backend.catalog.categories import with_descendants
from backend.catalog.models import Category, Product
from backend.outbox.services import publish_many
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic

CHUNK = 1_000


class CategoryFanOut:
    """Publishes the products of a changed category, because their search documents contain its name."""

    name: ClassVar[str] = "catalog.category_fan_out"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.CATEGORY})
    start: ClassVar[Start] = Start.OLDEST
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 100

    def handle(self, notices: Sequence[Notice]) -> None:
        """Publish every product of the categories and of their descendants, in chunks."""
        categories = list(Category.objects.filter(pk__in=[notice.key for notice in notices]))
        if not categories:
            return
        products = Product.objects.filter(with_descendants(categories), deleted_at=None)
        ids = list(products.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), CHUNK):
            with transaction.atomic():
                publish_many(Topic.PRODUCT, ids[start : start + CHUNK])


@dataclass(frozen=True, slots=True)
class ThumbnailRequests:
    """Requests the thumbnails of new images: `request` queues the task for an image's id."""

    request: Callable[[int], None]
    name: ClassVar[str] = "catalog.thumbnail_requests"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.PRODUCT_IMAGE})
    start: ClassVar[Start] = Start.OLDEST
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 100

    def handle(self, notices: Sequence[Notice]) -> None:
        """Queue an idempotent task for each image."""
        for notice in notices:
            self.request(int(notice.key))
