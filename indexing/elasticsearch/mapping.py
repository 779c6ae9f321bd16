"""The fields of an index, how they are analysed, and a product document in them."""

from typing import Any

import msgspec
from elasticsearch.dsl import (
    Boolean,
    Date,
    Double,
    Float,
    InnerDoc,
    Integer,
    Keyword,
    Long,
    Mapping,
    Nested,
    Object,
    Text,
    analyzer,
    token_filter,
)

from indexing.document import ProductDocument, selections
from indexing.mapping import attribute_tokens, flatten

VERSION = 1
"""Counts up with every change of the fields; an index of another version must be rebuilt."""

REFRESH_INTERVAL = "300ms"
DELETES_KEPT_FOR = "1h"
"""Longer than any process can take between reading a product and writing it here."""

STEMMED = analyzer(
    "stemmed", tokenizer="whitespace", filter=[token_filter("porter2", type="stemmer", language="porter2")]
)
WORDS = analyzer("words", tokenizer="whitespace")

SETTINGS: dict[str, Any] = {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
    "refresh_interval": REFRESH_INTERVAL,
    "gc_deletes": DELETES_KEPT_FOR,
}


class VariantFields(InnerDoc):
    """What one variant satisfies: its own attributes and those it inherits."""

    attributes = Keyword(multi=True)
    available = Boolean()


def fields() -> dict[str, Any]:
    """Return the fields of an index, by name."""
    return {
        "id": Long(),
        **{name: Text(analyzer=STEMMED) for name in ("title", "brand", "categories", "attributes")},
        "description": Text(analyzer=STEMMED),
        "vocabulary": Text(analyzer=WORDS, index_options="freqs"),
        **{name: Keyword() for name in ("brand_key", "brand_token")},
        **{name: Keyword(multi=True) for name in ("category_key", "category_token", "category_name")},
        "phrase": Keyword(multi=True),
        "seller": Long(),
        "price": Long(),
        "rating": Double(),
        "rating_count": Integer(),
        "popularity": Long(),
        "created_at": Date(),
        "weight": Float(),
        **{name: Boolean() for name in FLAGS},
        "variants": Nested(VariantFields),
        "document": Object(enabled=False),
    }


FLAGS = ("in_stock", "flash_sale", "best_seller_product", "featured_product")


def build_mapping() -> Mapping:
    """Return the mapping of every index of this version.

    Only the product itself is kept as source: what is indexed of it can be made again from the database.
    """
    mapping = Mapping()
    for name, field in fields().items():
        mapping.field(name, field)
    mapping.meta("dynamic", "strict")
    mapping.meta("_source", {"includes": ["document"]})
    mapping.meta("_meta", {"version": VERSION})
    return mapping


def indexed(document: ProductDocument) -> dict[str, Any]:
    """Return `document` as Elasticsearch indexes it."""
    flat = flatten(document)
    text = flat.text
    return {
        "id": document.id,
        "title": text.title,
        "brand": text.brand,
        "categories": text.categories,
        "attributes": text.attributes,
        "description": text.description,
        "vocabulary": text.vocabulary,
        "brand_key": flat.brand,
        "brand_token": flat.brand_token or None,
        "category_key": flat.category_keys,
        "category_token": flat.category_tokens,
        "category_name": flat.category_names,
        "phrase": flat.phrases,
        "seller": document.seller_id,
        "price": flat.price,
        "rating": flat.rating,
        "rating_count": document.rating_count,
        "popularity": document.popularity,
        "created_at": document.created_at.isoformat(),
        "weight": flat.boost,
        **{flag: getattr(document, flag) for flag in FLAGS},
        "variants": [
            {"attributes": attribute_tokens(each.attributes.items()), "available": each.available}
            for each in selections(document)
        ],
        "document": msgspec.to_builtins(document),
    }


def product_of(source: dict[str, Any]) -> ProductDocument:
    """Return the product document that was stored."""
    return msgspec.convert(source["document"], ProductDocument)
