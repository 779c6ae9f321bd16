"""Variants in an index before version 3: attributes are compared as written, and prices are the product's."""

from collections.abc import Sequence
from typing import Any

from indexing.attribute_facets import MAX_ATTRIBUTE_TOKENS
from indexing.document import ProductDocument, selections
from indexing.elasticsearch.queries import (
    PRODUCTS,
    Aggregation,
    Query,
    all_of,
    nested,
    nested_passing,
    passing,
    term,
    terms,
    values,
)
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
    queries = [
        terms(f"{VARIANTS}.attributes", [token(name, value) for value in accepted])
        for name, accepted in filters.attributes.items()
    ]
    if filters.in_stock:
        queries.append(term(f"{VARIANTS}.available", value=True))
    return queries


def with_variant(filters: Filters) -> list[Query]:
    """Return the queries for products of which one variant matches."""
    if not filters.attributes:
        return []
    return [nested(VARIANTS, all_of(variant_filters(filters)))]


def attributes(conditions: Sequence[Query], filters: Filters, *, include: str | None) -> Aggregation:
    """Count products by the attribute values of matching variants."""
    counted = values(f"{VARIANTS}.attributes", size=MAX_ATTRIBUTE_TOKENS, include=include, products=PRODUCTS)
    return passing(conditions, nested_passing(VARIANTS, variant_filters(filters), {"own": counted}))
