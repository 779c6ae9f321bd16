"""The variant of a product that a search has found."""

from operator import attrgetter

from indexing.attributes import attribute_key, spelled
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
    ordered = sorted(document.variants, key=attrgetter("sale_price", "id"))
    return next((each for each in ordered if _satisfies(document, each, wanted)), None)


def _satisfies(document: ProductDocument, variant: VariantDocument, wanted: VariantFilters) -> bool:
    if wanted.available and variant.available <= 0:
        return False
    if wanted.lowest is not None and variant.sale_price < wanted.lowest:
        return False
    if wanted.highest is not None and variant.sale_price > wanted.highest:
        return False
    if not wanted.attributes:
        return True
    own = spelled({**document.attributes, **variant.attributes})
    return all(name in own and attribute_key(*own[name]) in keys for name, keys in wanted.attributes.items())
