"""The index's documents for django-elasticsearch-dsl: what staff and other Django code search with.

Loaded where Elasticsearch is the engine. It shares its fields with the indices that `rebuild_index` makes,
and its writes carry versions as the outbox's do. Nothing makes it write by itself: products reach an index
through the outbox, and the library's signal processor is the one that connects nothing.
"""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_elasticsearch_dsl import Document
from django_elasticsearch_dsl.registries import registry

from backend.catalog.models import Product
from backend.search.projection import project
from indexing.elasticsearch.mapping import ProductFields, indexed
from indexing.engine import PutDocument
from indexing.settings import SearchSettings


@registry.register_document
class ProductIndex(ProductFields, Document):  # type: ignore[misc] # the library is untyped
    """A product in the index that serves: `ProductIndex.search().query(…).to_queryset()` gives its rows."""

    class Index:
        name = f"{SearchSettings.from_env().prefix}-products"

    class Django:
        model = Product
        fields: ClassVar[list[str]] = []
        ignore_signals = True
        auto_refresh = False

    def get_queryset(self) -> QuerySet[Product]:
        """Return the products that an index holds."""
        return Product.objects.listed()

    def _prepare_action(self, object_instance: Product, action: str) -> dict[str, Any]:
        """Return the write that makes the index right about a product, whatever was asked for."""
        (change,) = project([object_instance.pk])
        written = {
            "_index": self._index._name,
            "_id": str(change.product_id),
            "version": change.version,
            "version_type": "external",
        }
        if isinstance(change, PutDocument):
            return {**written, "_op_type": "index", "_source": indexed(change.document)}
        return {**written, "_op_type": "delete"}
