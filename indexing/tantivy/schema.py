"""The fields of a tantivy index, built from the table of fields, and the conversion of documents."""

import math
from collections.abc import Callable, Mapping
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
        if value is None:
            continue
        add = _ADD[each.kind]
        for one in value if isinstance(value, tuple) else (value,):
            add(result, each.name, one)
    if schema.version <= earlier.LAST_VERSION:
        for name, value in earlier.attribute_values(document):
            result.add_text(name, value)
    return result


def _add_unsigned(result: Document, name: str, value: Any) -> None:
    result.add_unsigned(name, int(value))


def _add_time(result: Document, name: str, value: Any) -> None:
    result.add_integer(name, int(value.timestamp() * 1_000_000))


def _add_factor(result: Document, name: str, value: Any) -> None:
    result.add_float(name, weight_for(value))


_ADD: Mapping[FieldKind, Callable[[Document, str, Any], None]] = {
    FieldKind.STEMMED: Document.add_text,
    FieldKind.TERMS: Document.add_text,
    FieldKind.WORDS: Document.add_text,
    FieldKind.EXACT: Document.add_text,
    FieldKind.COUNTED: Document.add_text,
    FieldKind.FLAG: _add_unsigned,
    FieldKind.IDENTIFIER: _add_unsigned,
    FieldKind.MONEY: _add_unsigned,
    FieldKind.SORTED: _add_unsigned,
    FieldKind.TIME: _add_time,
    FieldKind.RATING: Document.add_float,
    FieldKind.FACTOR: _add_factor,
}


def weight_for(factor: float) -> float:
    """Return the field value with which tantivy multiplies a score by `factor` = log2(2 + value)."""
    return math.pow(2.0, factor) - 2.0
