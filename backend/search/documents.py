"""Declares the index to django-elasticsearch-dsl, so that Django code can search it.

This module is loaded only if Elasticsearch is the engine. The index has the fields of the current schema
version, and writes through it have versions, like those of the outbox. The library doesn't write by itself:
products reach an index through the outbox, and the library's signal processor is disabled.
"""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_elasticsearch_dsl import Document
from django_elasticsearch_dsl.registries import registry
from elasticsearch.dsl import connections

from backend.catalog.models import Product
from backend.engines.index import engine
from backend.search.projection import project
from indexing.elasticsearch.client import WRITE_SECONDS, Deadline
from indexing.elasticsearch.indices import Indices
from indexing.elasticsearch.mapping import ProductFields, indexed
from indexing.engine import PutDocument
from indexing.schema import IndexSchema, schema_of
from indexing.settings import SearchSettings

SETTINGS = SearchSettings.from_env()


@registry.register_document
class ProductIndex(ProductFields, Document):  # type: ignore[misc] # the library is untyped
    """A product in the serving index; `ProductIndex.search().query(…).to_queryset()` returns its rows."""

    class Index:
        name = f"{SETTINGS.prefix}-products"

    class Django:
        model = Product
        fields: ClassVar[list[str]] = []
        ignore_signals = True
        auto_refresh = False

    def get_queryset(self) -> QuerySet[Product]:
        """Return the products that an index contains."""
        return Product.objects.listed()

    def _prepare_action(self, object_instance: Product, action: str) -> dict[str, Any]:
        """Return the write that updates the product in the serving index; `action` is ignored."""
        serving = Indices(
            connections.get_connection(), prefix=SETTINGS.prefix, language=SETTINGS.language
        ).serving_generation(Deadline(WRITE_SECONDS))
        (write,) = project([object_instance.pk])
        described = {
            "_index": serving.name,
            "_id": str(write.product_id),
            "version": write.version,
            "version_type": "external",
        }
        if isinstance(write, PutDocument):
            schema = schema_of(
                serving.name,
                serving.schema_version,
                language=serving.language,
                encoder=serving.encoder,
            )
            source = {**indexed(write.document, schema=schema), **_vector(write, schema, index=serving.name)}
            return {**described, "_op_type": "index", "_source": source}
        return {**described, "_op_type": "delete"}


def _vector(write: PutDocument, schema: IndexSchema, *, index: str) -> dict[str, Any]:
    """Return the fields of the product's vector, if the index has vectors."""
    if schema.encoder is None:
        return {}
    from indexing.elasticsearch.vectors import vectors_for  # noqa: PLC0415 (the extra `semantic`)

    client = connections.get_connection().options(request_timeout=WRITE_SECONDS)
    vector_of = vectors_for(client, index, [write], schema=schema, encoder=engine().encoder)
    return vector_of(write.document) or {}
