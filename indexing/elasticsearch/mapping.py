"""The mapping of an index, built from the table of fields, and the conversion of documents."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from elasticsearch import dsl
from elasticsearch.dsl import (
    Boolean,
    Date,
    Document,
    Double,
    Field,
    Float,
    Index,
    InnerDoc,
    Keyword,
    Long,
    MetaField,
    Nested,
    Object,
    Text,
    analyzer,
    token_filter,
)

from indexing.analysis import DEFAULT_LANGUAGE
from indexing.document import ProductDocument, decoded
from indexing.elasticsearch import earlier
from indexing.encoder.identity import EncoderIdentity
from indexing.fields import CREATED_AT, SELECTIONS, FieldKind
from indexing.schema import CURRENT, VERSION, IndexSchema

REFRESH_INTERVAL = "300ms"
DELETES_KEPT_FOR = "1h"
"""Longer than a process takes from reading a product to writing its document."""

STEMMED = analyzer(
    "stemmed", tokenizer="whitespace", filter=[token_filter("porter2", type="stemmer", language="porter2")]
)
WORDS = analyzer("words", tokenizer="whitespace")

SETTINGS: dict[str, Any] = {
    "refresh_interval": REFRESH_INTERVAL,
    "gc_deletes": DELETES_KEPT_FOR,
}

TYPES: dict[FieldKind, Callable[[], Field]] = {
    FieldKind.STEMMED: lambda: Text(analyzer=STEMMED),
    FieldKind.TERMS: lambda: Text(analyzer=WORDS),
    FieldKind.WORDS: lambda: Text(analyzer=WORDS, index_options="freqs"),
    FieldKind.EXACT: Keyword,
    FieldKind.COUNTED: Keyword,
    FieldKind.FLAG: Boolean,
    FieldKind.IDENTIFIER: Long,
    FieldKind.MONEY: Long,
    FieldKind.RATING: Double,
    FieldKind.SORTED: Long,
    FieldKind.TIME: Date,
    FieldKind.FACTOR: Float,
    FieldKind.SELECTIONS: lambda: Nested(SelectionFields),
}


_encode = msgspec.json.Encoder().encode


class SelectionFields(InnerDoc):
    """A variant with inherited attributes (see `indexing.attributes`), for filters and facets."""

    key = Keyword(multi=True)
    spelling = Keyword(multi=True)
    price = Long()
    available = Boolean()


def _mapping() -> dsl.Mapping:
    mapping = dsl.Mapping()
    for each in CURRENT.fields:
        mapping.field(each.name, TYPES[each.kind]())
    mapping.field("document", Object(enabled=False))
    return mapping


class ProductFields(Document):
    """The fields of an index of the current schema version.

    Only the product document is kept as source; the indexed fields can be rebuilt from the database.
    """

    class Meta:
        mapping = _mapping()
        dynamic = MetaField("strict")
        _source = MetaField({"includes": ["document"]})


def definition(
    *,
    created_at: datetime,
    language: str = DEFAULT_LANGUAGE,
    encoder: EncoderIdentity | None = None,
    collapses: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the mappings and settings, including analyzers, of a new index."""
    index = Index("products")
    index.document(ProductFields)
    index.settings(**SETTINGS)
    described: dict[str, Any] = index.to_dict()
    described["mappings"]["_meta"] = {
        "version": VERSION,
        "created_at": created_at.isoformat(),
        "language": language,
    }
    if collapses:
        _add_groups(described["mappings"], collapses)
    if encoder is not None:
        _add_vectors(described["mappings"], encoder)
    return described


def _add_groups(mappings: dict[str, Any], collapses: tuple[str, ...]) -> None:
    mappings["_meta"]["collapses"] = list(collapses)
    schema = replace(CURRENT, collapses=collapses)
    groups = {schema.group_field(each): {"type": "keyword"} for each in collapses}
    mappings["properties"] = {**mappings["properties"], **groups}


def _add_vectors(mappings: dict[str, Any], encoder: EncoderIdentity) -> None:
    from indexing.elasticsearch.vectors import PASSAGE, fields_of  # noqa: PLC0415 (the extra `semantic`)

    mappings["_meta"]["encoder"] = encoder.described()
    mappings["properties"] = {**mappings["properties"], **fields_of(encoder)}
    mappings["_source"] = {"includes": [*mappings["_source"]["includes"], PASSAGE]}


def encoded(document: ProductDocument, *, schema: IndexSchema, vector: dict[str, Any] | None = None) -> bytes:
    """Return the Elasticsearch document for a generation of `schema` as JSON, with the fields of `vector`."""
    return _encode({**_source(document, schema=schema), **(vector or {})})


def indexed(document: ProductDocument, *, schema: IndexSchema) -> dict[str, Any]:
    """Return the Elasticsearch document for a generation of `schema`."""
    source: dict[str, Any] = msgspec.to_builtins(_source(document, schema=schema))
    return source


def _source(document: ProductDocument, *, schema: IndexSchema) -> dict[str, Any]:
    values = schema.values(document)
    values[schema.field(CREATED_AT).name] = document.created_at.isoformat()
    if not schema.has(SELECTIONS):
        values |= earlier.variants(document)
    return {**values, **schema.groups(document), "document": document}


def product_of(source: Mapping[str, Any]) -> ProductDocument:
    """Return the product document of a source, whose part it is either JSON or decoded."""
    stored = source["document"]
    if isinstance(stored, msgspec.Raw):
        return decoded(bytes(stored))
    return msgspec.convert(stored, ProductDocument)
