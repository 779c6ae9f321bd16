"""The fields of a tantivy index, and a product document as one of its documents."""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, combinations

import msgspec
from tantivy import Document, Filter, Index, Schema, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from indexing.document import ProductDocument, VariantDocument, varying_attributes
from indexing.mapping import SEPARATOR, attribute_tokens, flatten
from indexing.query import FIELD_BOOSTS
from indexing.request import MAX_ATTRIBUTE_FILTERS

VERSION = 1
"""Counts up with every change of the fields; an index of another version must be rebuilt."""

STEMMED = "stemmed"
WORDS = "words"

FILTERED = ("brand_key", "category_key", "choice", "choice_in_stock")
COUNTED = ("brand_token", "category_token", "attribute", "option", "option_in_stock")
SUGGESTED = ("phrase", "category_name")
FLAGS = ("in_stock", "flash_sale", "best_seller_product", "featured_product")

_encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(ProductDocument).decode
"""Return the product document that was stored."""


def build_schema() -> Schema:
    """Return the fields of every generation of this version."""
    builder = SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    builder.add_unsigned_field("version", fast=True)
    builder.add_unsigned_field("live", indexed=True)
    builder.add_integer_field("deleted_at", indexed=True, fast=True)
    builder.add_bytes_field("document", stored=True)
    for name in FIELD_BOOSTS:
        builder.add_text_field(name, tokenizer_name=STEMMED)
    builder.add_text_field("vocabulary", tokenizer_name=WORDS, index_option="freq")
    for name in (*FILTERED, *SUGGESTED):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in COUNTED:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("price", "seller", *FLAGS):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("popularity", "rating_count"):
        builder.add_unsigned_field(name, fast=True)
    builder.add_integer_field("created_at", fast=True)
    builder.add_float_field("rating", indexed=True, fast=True)
    builder.add_float_field("weight", fast=True)
    return builder.build()


def register_analyzers(index: Index) -> None:
    """Give an opened index the analyzers that its fields name; tantivy does not store them."""
    stemming = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("english"))
    index.register_tokenizer(STEMMED, stemming.build())
    index.register_tokenizer(WORDS, TextAnalyzerBuilder(Tokenizer.whitespace()).build())


def tombstone(product_id: int, *, version: int, now: datetime) -> Document:
    """Return what remembers that a product was deleted, and by which version."""
    result = Document()
    result.add_unsigned("id", product_id)
    result.add_unsigned("version", version)
    result.add_unsigned("live", 0)
    result.add_integer("deleted_at", int(now.timestamp()))
    return result


def indexed(document: ProductDocument, *, version: int) -> Document:
    """Return `document` as tantivy indexes it."""
    flat = flatten(document)
    result = Document()
    result.add_unsigned("id", document.id)
    result.add_unsigned("version", version)
    result.add_unsigned("live", 1)
    result.add_bytes("document", _encode(document))
    for name in FIELD_BOOSTS:
        result.add_text(name, getattr(flat.text, name))
    result.add_text("vocabulary", flat.text.vocabulary)
    for name, value in chain(_exact_values(document), _suggested_values(flat.phrases, flat.category_names)):
        result.add_text(name, value)
    result.add_text("brand_key", flat.brand)
    if flat.brand_token:
        result.add_text("brand_token", flat.brand_token)
    for value in flat.category_keys:
        result.add_text("category_key", value)
    for value in flat.category_tokens:
        result.add_text("category_token", value)
    _add_numbers(result, document, price=flat.price, rating=flat.rating, factor=flat.boost)
    return result


def _add_numbers(
    result: Document, document: ProductDocument, *, price: int, rating: float, factor: float
) -> None:
    result.add_unsigned("price", price)
    result.add_float("rating", rating)
    result.add_unsigned("seller", document.seller_id)
    result.add_unsigned("popularity", document.popularity)
    result.add_unsigned("rating_count", document.rating_count)
    result.add_integer("created_at", int(document.created_at.timestamp() * 1_000_000))
    result.add_float("weight", weight_for(factor))
    for flag in FLAGS:
        result.add_unsigned(flag, int(getattr(document, flag)))


def weight_for(factor: float) -> float:
    """Return the field value by which tantivy multiplies a score by `factor`: it takes log2(2 + value)."""
    return math.pow(2.0, factor) - 2.0


def _suggested_values(phrases: tuple[str, ...], category_names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for phrase in phrases:
        yield "phrase", phrase
    for name in category_names:
        yield "category_name", name


def _exact_values(document: ProductDocument) -> Iterator[tuple[str, str]]:
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
    """Yield a token for every combination of attributes that one variant meets."""
    for size in range(1, min(len(tokens), MAX_ATTRIBUTE_FILTERS) + 1):
        yield from map(choice_token, combinations(tokens, size))


def choice_token(combination: Iterable[str]) -> str:
    """Return the token of attributes that one variant meets together, from theirs in the order of names."""
    return SEPARATOR.join(combination)
