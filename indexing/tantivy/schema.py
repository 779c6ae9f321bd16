"""The fields of a tantivy index, built from the table of fields, and the conversion of documents."""

import math
from datetime import datetime
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
decode = msgspec.json.Decoder(ProductDocument).decode
"""Return the product document that was stored."""


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


def indexed(document: ProductDocument, *, version: int, schema: IndexSchema) -> Document:
    """Return the tantivy document for a generation of `schema`."""
    result = Document()
    result.add_unsigned("version", version)
    result.add_unsigned("live", 1)
    result.add_bytes("document", _encode(document))
    values = schema.values(document, nested=False)
    for each in schema.fields:
        value = values.get(each.name)
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None:
                _add_value(result, each, one)
    if schema.version <= earlier.LAST_VERSION:
        for name, value in earlier.attribute_values(document):
            result.add_text(name, value)
    return result


def _add_value(result: Document, field: IndexField, value: Any) -> None:
    match field.kind:
        case FieldKind.STEMMED | FieldKind.TERMS | FieldKind.WORDS | FieldKind.EXACT | FieldKind.COUNTED:
            result.add_text(field.name, value)
        case FieldKind.FLAG | FieldKind.IDENTIFIER | FieldKind.MONEY | FieldKind.SORTED:
            result.add_unsigned(field.name, int(value))
        case FieldKind.TIME:
            result.add_integer(field.name, int(value.timestamp() * 1_000_000))
        case FieldKind.RATING:
            result.add_float(field.name, value)
        case FieldKind.FACTOR:
            result.add_float(field.name, weight_for(value))


def weight_for(factor: float) -> float:
    """Return the field value with which tantivy multiplies a score by `factor` = log2(2 + value)."""
    return math.pow(2.0, factor) - 2.0
