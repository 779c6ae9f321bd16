"""The fields of an index, how they are analysed, and a product document in them."""

from datetime import datetime
from typing import Any

import msgspec
from elasticsearch.dsl import (
    Boolean,
    Date,
    Document,
    Double,
    Float,
    Index,
    InnerDoc,
    Integer,
    Keyword,
    Long,
    MetaField,
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


class ProductFields(Document):
    """The fields of an index.

    Only the product itself is kept as source: what is indexed of it can be made again from the database.
    """

    id = Long()
    title = Text(analyzer=STEMMED)
    brand = Text(analyzer=STEMMED)
    categories = Text(analyzer=STEMMED)
    attributes = Text(analyzer=STEMMED)
    description = Text(analyzer=STEMMED)
    vocabulary = Text(analyzer=WORDS, index_options="freqs")
    phrase = Keyword(multi=True)
    brand_key = Keyword()
    brand_token = Keyword()
    category_key = Keyword(multi=True)
    category_token = Keyword(multi=True)
    category_name = Keyword(multi=True)
    seller = Long()
    price = Long()
    rating = Double()
    rating_count = Integer()
    popularity = Long()
    created_at = Date()
    weight = Float()
    in_stock = Boolean()
    flash_sale = Boolean()
    best_seller_product = Boolean()
    featured_product = Boolean()
    variants = Nested(VariantFields)
    document = Object(enabled=False)

    class Meta:
        dynamic = MetaField("strict")
        _source = MetaField({"includes": ["document"]})


FLAGS = ("in_stock", "flash_sale", "best_seller_product", "featured_product")


def definition(name: str, *, created_at: datetime) -> dict[str, Any]:
    """Return the mappings and settings, analyzers included, of an index that is created now."""
    index = Index(name)
    index.document(ProductFields)
    index.settings(**SETTINGS)
    described: dict[str, Any] = index.to_dict()
    described["mappings"]["_meta"] = {"version": VERSION, "created_at": created_at.isoformat()}
    return described


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
