"""The fields of a tantivy index, built from the table of fields, and the conversion of documents."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from tantivy import Document, Filter, Index, Schema, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from indexing.document import ProductDocument
from indexing.fields import FieldKind, IndexField
from indexing.schema import CURRENT, IndexSchema
from indexing.tantivy import earlier

PASSAGE = "passage"
SEQUENCE = "vector_sequence"
"""In generations with vectors (indexing.tantivy.passages)."""

STEMMED = "stemmed"
WORDS = "words"

_encode = msgspec.json.Encoder().encode


def build_schema(*, with_vectors: bool = False) -> Schema:
    """Return the fields of a generation of the current schema version."""
    builder = SchemaBuilder()
    builder.add_unsigned_field("version", fast=True)
    builder.add_unsigned_field("live", indexed=True)
    builder.add_integer_field("deleted_at", indexed=True, fast=True)
    builder.add_bytes_field("document", stored=True)
    for each in CURRENT.fields:
        # Selections are read from the stored document (see indexing.tantivy.variants).
        if each.kind is not FieldKind.SELECTIONS:
            _add_field(builder, each)
    if with_vectors:
        builder.add_bytes_field(PASSAGE, stored=True)
        builder.add_unsigned_field(SEQUENCE, indexed=True, fast=True)
    return builder.build()


def _add_field(builder: SchemaBuilder, field: IndexField) -> None:
    match field.kind:
        case FieldKind.STEMMED | FieldKind.TERMS:
            stemmed = field.kind is FieldKind.STEMMED
            builder.add_text_field(field.name, tokenizer_name=STEMMED if stemmed else WORDS)
        case FieldKind.WORDS:
            builder.add_text_field(field.name, tokenizer_name=WORDS, index_option="freq")
        case FieldKind.EXACT:
            builder.add_text_field(field.name, tokenizer_name="raw", index_option="basic")
        case FieldKind.COUNTED:
            builder.add_text_field(field.name, tokenizer_name="raw", index_option="basic", fast=True)
        case FieldKind.FLAG | FieldKind.IDENTIFIER | FieldKind.MONEY:
            builder.add_unsigned_field(field.name, indexed=True, fast=True)
        case FieldKind.SORTED:
            builder.add_unsigned_field(field.name, fast=True)
        case FieldKind.TIME:
            builder.add_integer_field(field.name, fast=True)
        case FieldKind.RATING:
            builder.add_float_field(field.name, indexed=True, fast=True)
        case FieldKind.FACTOR:
            builder.add_float_field(field.name, fast=True)


def register_analyzers(index: Index) -> None:
    """Register the analyzers of the fields of `index`, which tantivy does not store."""
    stemming = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("english"))
    index.register_tokenizer(STEMMED, stemming.build())
    index.register_tokenizer(WORDS, TextAnalyzerBuilder(Tokenizer.whitespace()).build())


def tombstone(product_id: int, *, version: int, now: datetime) -> Document:
    """Return the document that records the delete of a product with its version."""
    result = Document()
    result.add_unsigned("id", product_id)
    result.add_unsigned("version", version)
    result.add_unsigned("live", 0)
    result.add_integer("deleted_at", int(now.timestamp()))
    return result


def indexed(document: ProductDocument, *, version: int, schema: IndexSchema) -> dict[str, Any]:
    """Return the values of the tantivy document for a generation of `schema`, by field."""
    found = schema.values(document, nested=False)
    values: dict[str, Any] = {name: value for name, value in found.items() if value is not None}
    for each, convert in _converted(schema):
        if each in values:
            values[each] = convert(values[each])
    if schema.version <= earlier.LAST_VERSION:
        for name, value in earlier.attribute_values(document):
            values.setdefault(name, []).append(value)
    return {**values, "version": version, "live": 1, "document": _encode(document)}


def written(values: Mapping[str, Any]) -> str:
    """Return values by field as tantivy reads them: the quickest way to pass a document to it."""
    return _encode(values).decode()


@cache
def _converted(schema: IndexSchema) -> tuple[tuple[str, Callable[[Any], object]], ...]:
    """Return the fields whose values are stored in another type."""
    return tuple((each.name, _CONVERSIONS[each.kind]) for each in schema.fields if each.kind in _CONVERSIONS)


def _microseconds(value: datetime) -> int:
    return int(value.timestamp() * 1_000_000)


def weight_for(factor: float) -> float:
    """Return the field value with which tantivy multiplies a score by `factor` = log2(2 + value)."""
    return math.pow(2.0, factor) - 2.0


_CONVERSIONS: Mapping[FieldKind, Callable[[Any], object]] = {
    FieldKind.FLAG: int,
    FieldKind.TIME: _microseconds,
    FieldKind.FACTOR: weight_for,
}
