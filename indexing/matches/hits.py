"""Complete the hits of a page with what matched."""

from collections.abc import Iterable

from indexing.document import ProductDocument, VariantDocument
from indexing.filters import NO_VARIANT_FILTERS
from indexing.identity import ByIdentity
from indexing.matches.highlighting import highlights
from indexing.matches.terms import SearchedTerms
from indexing.matches.values import Highlights
from indexing.matches.variants import matched_variant
from indexing.page import Hit
from indexing.planning.plan import Plan
from indexing.request import BY_PRICE, SearchRequest
from indexing.schema import IndexSchema

REMEMBERED = 4_096
"""Products of which a process remembers what a plan matches: most searches are for the words of others."""

_matched: ByIdentity[tuple[VariantDocument | None, Highlights]] = ByIdentity(REMEMBERED)


def with_matches(
    hits: Iterable[Hit], *, request: SearchRequest, plan: Plan, schema: IndexSchema
) -> tuple[Hit, ...]:
    """Return the hits of a page with the variant that matched, and with highlights if words were searched.

    Words don't choose the variants of a list that is sorted by price, whose order depends on filters alone.
    """
    wanted = request.filters.of_variant()
    if not plan.needs:
        return tuple(hit.matched(matched_variant(hit.product, wanted), None) for hit in hits)
    terms, needs = SearchedTerms.of(plan, analysis=schema.analysis), len(plan.needs) + len(plan.optional)
    naming = None if request.sort in BY_PRICE else terms
    is_named = naming is not None and wanted.is_empty
    completed: list[Hit] = []
    for hit in hits:
        variant, shown = _by_words(hit.product, terms, needs)
        if not is_named:
            variant = matched_variant(hit.product, wanted, naming)
        completed.append(hit.matched(variant, shown))
    return tuple(completed)


def _by_words(
    product: ProductDocument, terms: SearchedTerms, needs: int
) -> tuple[VariantDocument | None, Highlights]:
    """Return the variant that the words alone mean, and what they match in the product's texts."""
    found = _matched.get(product, terms)
    if found is None:
        variant = matched_variant(product, NO_VARIANT_FILTERS, terms)
        found = _matched.keep((variant, highlights(product, terms, needs=needs)), product, terms)
    return found
