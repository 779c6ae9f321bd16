"""The variant of a product that a search has found."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter

from indexing.analysis.codes import is_code_attribute
from indexing.attributes import attribute_key, spelled
from indexing.document import ProductDocument, VariantDocument, varying_attributes
from indexing.filters import VariantFilters
from indexing.matches.terms import SearchedTerms

_Score = tuple[int, int, int]
"""How well a code matches, the number of needs, and the number of values whose words all match."""


def matched_variant(
    document: ProductDocument, wanted: VariantFilters, terms: SearchedTerms | None = None
) -> VariantDocument | None:
    """Return the variant that a search means, and whose price a list shows.

    It is the cheapest of those that satisfy the filters of variants and have the most words of the query in
    their SKU, name or attributes. Return None if neither distinguishes a variant, if none satisfies the
    filters (the index has changed since the search), or if the product has no active variants.
    """
    is_filtered = not wanted.is_empty
    passing: Sequence[VariantDocument] = document.variants
    if is_filtered:
        passing = [each for each in passing if _satisfies(document, each, wanted)]
    named = _named(document, passing, terms) if terms is not None else []
    candidates = named or (passing if is_filtered else [])
    return min(candidates, key=attrgetter("sale_price", "id"), default=None)


def _satisfies(document: ProductDocument, variant: VariantDocument, wanted: VariantFilters) -> bool:
    if wanted.available and variant.available <= 0:
        return False
    if wanted.lowest is not None and variant.sale_price < wanted.lowest:
        return False
    if wanted.highest is not None and variant.sale_price > wanted.highest:
        return False
    if not wanted.conditions:
        return True
    own = spelled({**document.attributes, **variant.attributes})
    return all(name in own and attribute_key(*own[name]) in keys for name, keys in wanted.conditions)


def _named(
    document: ProductDocument, variants: Sequence[VariantDocument], terms: SearchedTerms
) -> list[VariantDocument]:
    """Return the variants with the most of the query's words, if others have fewer, or if a SKU was meant."""
    if len(variants) < 2 and not terms.codes:
        return []
    varying = varying_attributes(document)
    texts = [tuple(_texts(document, each, varying)) for each in variants]
    if not terms.codes and not any(terms.satisfied_by(text)[0] for text in {*chain(*texts)}):
        return []
    scores = [_score(each, own, terms) for each, own in zip(variants, texts, strict=True)]
    best = max(scores, default=(0, 0, 0))
    is_sku_of_only_one = len(variants) == 1 and best[0] > 0
    if best == min(scores, default=best) and not is_sku_of_only_one:
        return []
    return [each for each, score in zip(variants, scores, strict=True) if score == best]


def _score(variant: VariantDocument, texts: Iterable[str], terms: SearchedTerms) -> _Score:
    code = needs = whole = 0
    for text in texts:
        satisfied, is_whole = terms.satisfied_by(text)
        needs |= satisfied
        whole += is_whole
    if terms.codes:
        codes = (value for name, value in variant.attributes.items() if is_code_attribute(name))
        code = max(map(terms.code_in, (variant.sku, *codes)))
    return code, needs.bit_count(), whole


def _texts(document: ProductDocument, variant: VariantDocument, varying: frozenset[str]) -> Iterator[str]:
    """Yield the texts of a variant; the product's attributes are defaults for variants that have none."""
    if variant.name:
        yield variant.name
    for name in varying:
        value = variant.attributes.get(name) or document.attributes.get(name)
        if value:
            yield value
