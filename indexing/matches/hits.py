"""Complete the hits of a page with what matched."""

from collections.abc import Iterable
from functools import lru_cache

from indexing.document import ProductDocument, VariantDocument
from indexing.filters import NO_VARIANT_FILTERS
from indexing.identity import Same
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
    by_words = wanted.is_empty and request.sort not in BY_PRICE
    naming = None if request.sort in BY_PRICE else terms
    return tuple(
        hit.matched(
            _named(product, terms) if by_words else matched_variant(hit.product, wanted, naming),
            _highlights(product, terms, needs),
        )
        for hit in hits
        for product in [Same(hit.product)]
    )


@lru_cache(REMEMBERED)
def _named(product: Same[ProductDocument], terms: SearchedTerms) -> VariantDocument | None:
    """Return the variant that the words alone mean."""
    return matched_variant(product.value, NO_VARIANT_FILTERS, terms)


@lru_cache(REMEMBERED)
def _highlights(product: Same[ProductDocument], terms: SearchedTerms, needs: int) -> Highlights:
    return highlights(product.value, terms, needs=needs)
