"""The fields of a tantivy index, built from the table of fields, and the conversion of documents."""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, combinations
from typing import Any

import msgspec
from tantivy import Document, Filter, Index, Schema, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from indexing.document import ProductDocument, VariantDocument, varying_attributes
from indexing.fields import FieldKind, IndexField
from indexing.mapping import SEPARATOR, attribute_tokens
from indexing.request import MAX_ATTRIBUTE_FILTERS
from indexing.schema import CURRENT, IndexSchema

PASSAGE = "passage"
SEQUENCE = "vector_sequence"
"""In generations with vectors (indexing.tantivy.passages)."""

STEMMED = "stemmed"
WORDS = "words"

MATCHED = ("choice", "choice_in_stock")
"""Combinations of attributes of one variant, for attribute filters."""
COUNTED = ("attribute", "option", "option_in_stock")
"""Attributes of products and of their variants, for attribute facets."""

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
        _add_field(builder, each)
    for name in MATCHED:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in COUNTED:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
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
    values = schema.values(document)
    for each in schema.fields:
        value = values[each.name]
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None:
                _add_value(result, each, one)
    for name, value in _attribute_values(document):
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


def _attribute_values(document: ProductDocument) -> Iterator[tuple[str, str]]:
    varying = varying_attributes(document)
    common = [(name, value) for name, value in document.attributes.items() if name not in varying]
    for value in attribute_tokens(common):
        yield "attribute", value
    in_stock = [variant for variant in document.variants if variant.available > 0]
    for suffix, variants in (("", document.variants), ("_in_stock", in_stock)):
        chosen = [_varying_tokens(document, variant, varying) for variant in variants]
        for value in dict.fromkeys(chain.from_iterable(chosen)):
            yield f"option{suffix}", value
        for value in dict.fromkeys(chain.from_iterable(map(_choices, chosen))):
            yield f"choice{suffix}", value


def _varying_tokens(
    document: ProductDocument, variant: VariantDocument, varying: frozenset[str]
) -> list[str]:
    inherited = {**document.attributes, **variant.attributes}
    return attribute_tokens((name, inherited[name]) for name in sorted(varying) if name in inherited)


def _choices(tokens: list[str]) -> Iterator[str]:
    """Yield a token for every combination of one variant's attributes."""
    for size in range(1, min(len(tokens), MAX_ATTRIBUTE_FILTERS) + 1):
        yield from map(choice_token, combinations(tokens, size))


def choice_token(combination: Iterable[str]) -> str:
    """Return the token of a combination of attribute tokens, which are in the order of their names."""
    return SEPARATOR.join(combination)
