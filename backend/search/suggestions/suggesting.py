"""What a shopper is shown while typing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.api.shoppers import Shopper
from backend.engines import index
from backend.exposures.services import expose
from backend.search.suggestions.loading import current
from indexing.document import SuggestedProduct
from indexing.page import SearchSuggestion
from indexing.suggestions.completing import completions

SURFACE = "suggestions"
"""The surface of the lists of suggested products."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestions:
    """Queries, categories, brands and phrases, and products with the exposure of their list."""

    texts: tuple[SearchSuggestion, ...]
    products: tuple[SuggestedProduct, ...] = ()
    exposure_id: UUID | None = None


def suggest(text: str, *, limit: int, products: int, shopper: Shopper, now: datetime) -> Suggestions:
    """Return suggestions for what was typed, and store the list of products as an exposure.

    Raises:
        SearchError, EngineBusy: the search engine can't suggest products.
    """
    typed, texts = completions(current(), text, limit=limit)
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
