"""Highlight what matched in a title, and in a fragment of the description."""

from functools import lru_cache

from indexing.analysis import Analysis, Token
from indexing.document import ProductDocument
from indexing.matches.fragments import fragment
from indexing.matches.terms import SearchedTerms
from indexing.matches.values import Highlights, parts_of

CACHED_TITLES = 2_048
"""Titles whose tokens a process remembers: best sellers are on many pages."""


def highlights(product: ProductDocument, terms: SearchedTerms, *, needs: int) -> Highlights:
    """Return what the terms of a plan with so many needs match in the texts of a product."""
    title = product.title
    in_title = terms.found_in(title, _tokens(terms.analysis, title))
    missing = (1 << needs) - 1
    for each in in_title:
        missing &= ~each.needs
    quoted = fragment(product.description, terms, missing=missing) if missing else ()
    return Highlights(parts_of(title, in_title), quoted)


@lru_cache(CACHED_TITLES)
def _tokens(analysis: Analysis, title: str) -> tuple[Token, ...]:
    return analysis.tokens(title)
