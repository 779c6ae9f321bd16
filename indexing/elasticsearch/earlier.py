"""Variants in an index before version 3: attributes are compared as written, and prices are the product's."""

from typing import Any

from elasticsearch.dsl import A
from elasticsearch.dsl.aggs import Agg
from elasticsearch.dsl.query import Bool, Nested, Query, Term, Terms

from indexing.attribute_facets import MAX_ATTRIBUTE_TOKENS
from indexing.document import ProductDocument, selections
from indexing.filters import Filters
from indexing.mapping import attribute_tokens, token

VARIANTS = "variants"


def variants(document: ProductDocument) -> dict[str, Any]:
    """Return the field of a product's variants."""
    return {
        VARIANTS: [
            {"attributes": attribute_tokens(each.attributes.items()), "available": each.available}
            for each in selections(document)
        ]
    }


def variant_filters(filters: Filters) -> list[Query]:
    """Return the queries that one variant of a product must match."""
    queries: list[Query] = [
        Terms(f"{VARIANTS}.attributes", [token(name, value) for value in values])
        for name, values in filters.attributes.items()
    ]
    if filters.in_stock:
        queries.append(Term(f"{VARIANTS}.available", {"value": True}))
    return queries


def with_variant(filters: Filters) -> list[Query]:
    """Return the queries for products of which one variant matches."""
    if not filters.attributes:
        return []
    return [Nested(path=VARIANTS, query=Bool(filter=variant_filters(filters)))]


def attributes(passing: Query, filters: Filters, *, include: str | None) -> Agg[Any]:
    """Count products by the attribute values of matching variants."""
    result = A("filter", passing)
    variants = result.bucket("variants", "nested", path=VARIANTS)
    matching = variants.bucket("passing", "filter", Bool(filter=variant_filters(filters)))
    only = {"include": include} if include else {}
    values = matching.bucket(
        "own", "terms", field=f"{VARIANTS}.attributes", size=MAX_ATTRIBUTE_TOKENS, **only
    )
    values.bucket("products", "reverse_nested")
    return result
