"""The index for django-elasticsearch-dsl, with which staff and other Django code search it.

Loaded where Elasticsearch is the engine. It has the fields of the current schema version, and its writes
carry versions as the outbox's do. It never writes by itself: products reach an index through the outbox, and
the library's signal processor is the one that connects nothing.
"""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_elasticsearch_dsl import Document
from django_elasticsearch_dsl.registries import registry
from elasticsearch.dsl import connections

from backend.catalog.models import Product
from backend.search.projection import project
from indexing.elasticsearch.client import WRITE_SECONDS, Deadline
from indexing.elasticsearch.indices import Indices
from indexing.elasticsearch.mapping import ProductFields, indexed
from indexing.engine import PutDocument
from indexing.schema import schema_of
from indexing.settings import SearchSettings

PREFIX = SearchSettings.from_env().prefix


@registry.register_document
class ProductIndex(ProductFields, Document):  # type: ignore[misc] # the library is untyped
    """A product in the index that serves: `ProductIndex.search().query(…).to_queryset()` gives its rows."""

    class Index:
        name = f"{PREFIX}-products"

    class Django:
        model = Product
        fields: ClassVar[list[str]] = []
        ignore_signals = True
        auto_refresh = False

    def get_queryset(self) -> QuerySet[Product]:
        """Return the products that an index holds."""
        return Product.objects.listed()

    def _prepare_action(self, object_instance: Product, action: str) -> dict[str, Any]:
        """Return the write that makes the serving index current about a product, whatever `action` is."""
        serving = Indices(connections.get_connection(), prefix=PREFIX).serving_generation(
            Deadline(WRITE_SECONDS)
        )
        (write,) = project([object_instance.pk])
        described = {
            "_index": serving.name,
            "_id": str(write.product_id),
            "version": write.version,
            "version_type": "external",
        }
        if isinstance(write, PutDocument):
            schema = schema_of(serving.name, serving.schema_version)
            return {**described, "_op_type": "index", "_source": indexed(write.document, schema=schema)}
        return {**described, "_op_type": "delete"}
