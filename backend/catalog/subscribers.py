"""What the catalogue hears from its own outbox."""

from collections.abc import Sequence
from typing import ClassVar

from django.db import transaction

from backend.catalog.categories import with_descendants
from backend.catalog.models import Category, Product
from backend.outbox.services import publish_many
from backend.outbox.subscribers import Change

CHUNK = 1_000


class CategoryFanOut:
    """A category changed, so what is shown with its products did: says so for each of them, in chunks."""

    name: ClassVar[str] = "catalog.category_fan_out"
    topics: ClassVar[frozenset[str]] = frozenset({"category"})
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 100

    def handle(self, changes: Sequence[Change]) -> None:
        """Publish every product of the categories and of those below them."""
        categories = list(Category.objects.filter(pk__in=[change.key for change in changes]))
        if not categories:
            return
        products = Product.objects.filter(with_descendants(categories), deleted_at=None)
        ids = list(products.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), CHUNK):
            with transaction.atomic():
                publish_many("product", ids[start : start + CHUNK])
