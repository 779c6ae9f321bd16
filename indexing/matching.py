"""The variant of a product that a search has found."""

from collections.abc import Container

from indexing.attributes import keyed_selections
from indexing.document import ProductDocument, VariantDocument
from indexing.filters import Filters, VariantFilters


def matched_variant(document: ProductDocument, filters: Filters) -> VariantDocument | None:
    """Return the variant whose price a list shows: the cheapest that satisfies the filters of variants.

    Return None if there are no such filters, if none satisfies them (the index has changed since the search),
    or if the product has no active variants.
    """
    wanted = filters.of_variant()
    if not (wanted.narrow or wanted.available):
        return None
    found = [
        selection.variant
        for selection, keys in keyed_selections(document)
        if selection.variant is not None and _satisfies(selection.variant, keys, wanted)
    ]
    return min(found, key=lambda each: (each.sale_price, each.id), default=None)


def _satisfies(variant: VariantDocument, keys: Container[str], wanted: VariantFilters) -> bool:
    return (
        all(any(each in keys for each in accepted) for accepted in wanted.attributes.values())
        and (wanted.lowest is None or variant.sale_price >= wanted.lowest)
        and (wanted.highest is None or variant.sale_price <= wanted.highest)
        and (variant.available > 0 or not wanted.available)
    )
