"""Complete the hits of a page with what matched."""

from collections.abc import Iterable
from dataclasses import replace

from indexing.matches.highlighting import highlights
from indexing.matches.terms import SearchedTerms
from indexing.matches.variants import matched_variant
from indexing.page import Hit
from indexing.planning.plan import Plan
from indexing.request import BY_PRICE, SearchRequest
from indexing.schema import IndexSchema


def with_matches(
    hits: Iterable[Hit], *, request: SearchRequest, plan: Plan, schema: IndexSchema
) -> tuple[Hit, ...]:
    """Return the hits of a page with the variant that matched, and with highlights if words were searched.

    Words don't choose the variants of a list that is sorted by price, whose order depends on filters alone.
    """
    wanted = request.filters.of_variant()
    if not plan.needs:
        return tuple(
            hit if variant is None else replace(hit, variant=variant)
            for hit in hits
            for variant in [matched_variant(hit.product, wanted)]
        )
    terms = SearchedTerms.of(plan, analysis=schema.analysis)
    naming = None if request.sort in BY_PRICE else terms
    return tuple(
        replace(
            hit,
            variant=matched_variant(hit.product, wanted, naming),
            highlights=highlights(hit.product, terms, needs=len(plan.needs) + len(plan.optional)),
        )
        for hit in hits
    )
