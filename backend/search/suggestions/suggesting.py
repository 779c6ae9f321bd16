"""What a shopper is shown while typing."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from backend.api.shoppers import Shopper
from backend.engines import index
from backend.exposures.services import expose
from backend.search.suggestions.loading import CACHE
from backend.search.suggestions.recent import searches_of
from indexing.document import SuggestedProduct
from indexing.page import SearchSuggestion, SuggestionKind
from indexing.suggestions.completing import unprompted

SURFACE = "suggestions"
"""The surface of the lists of suggested products."""
MAX_RECENT = 5
"""The most of a shopper's own searches among suggestions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestions:
    """Queries, categories, brands and phrases, and products with the exposure of their list."""

    texts: tuple[SearchSuggestion, ...]
    products: tuple[SuggestedProduct, ...] = ()
    exposure_id: UUID | None = None


def suggest(text: str, *, limit: int, products: int, shopper: Shopper, now: datetime) -> Suggestions:
    """Return suggestions for what was typed, and store the list of products as an exposure.

    Before anything is typed, these are the shopper's own last searches, then trending and popular queries.

    Raises:
        SearchError, EngineBusy: the search engine can't suggest products.
    """
    if not text.strip():
        return Suggestions(texts=_unprompted(shopper, limit=limit))
    typed, texts = CACHE.completions(text, limit=limit)
    if not (products and typed.is_long_enough):
        return Suggestions(texts=texts)
    with index.SHARE.slot():
        found = index.engine().suggest_products(typed, limit=products)
    if not found:
        return Suggestions(texts=texts)
    exposure_id = expose(
        surface=SURFACE,
        shopper=shopper,
        product_ids=[each.id for each in found],
        query=typed.text,
        now=now,
    )
    return Suggestions(texts=texts, products=found, exposure_id=exposure_id)


def _unprompted(shopper: Shopper, *, limit: int) -> tuple[SearchSuggestion, ...]:
    recent = [SearchSuggestion(SuggestionKind.RECENT, each.text, 0) for each in searches_of(shopper)]
    own = recent[: min(limit, MAX_RECENT)]
    known = {each.text for each in own}
    others = (each for each in unprompted(CACHE.current(), limit=limit + len(own)) if each.text not in known)
    return (*own, *islice(others, limit - len(own)))
