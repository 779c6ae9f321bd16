"""Explanations of recommendations for the shopper, which name where a product was found."""

from backend.recommendations.models import Algorithm
from backend.recommendations.selectors import Recommended, RecommendedProduct
from backend.recommendations.slots import CART, VIEWED
from ml.serving import Source

_OF_A_SOURCE = {
    Source.SESSION: "Goes with {title}, which you viewed a moment ago.",
    Source.OWN: "Because of your interest in {title}.",
    Source.TOGETHER: "Often bought with {title}.",
    Source.SIMILAR: "Goes with {title}.",
    Source.CONTENT: "Similar to {title}.",
    Source.NEW: "New, and similar to {title}.",
    Source.CATEGORY: "Popular in {category}.",
}
_CHOSEN_TOO = "Shoppers who chose {title} also chose this."
_WITHOUT_A_PRODUCT = {
    Source.SESSION: "Goes with what you viewed a moment ago.",
    Source.OWN: "Based on your earlier interests.",
    Source.TOGETHER: "Often bought with this product.",
    Source.SIMILAR: "Goes with this product.",
    Source.CONTENT: "Similar to this product.",
    Source.NEW: "New, and similar to this product.",
    Source.BUY_AGAIN: "You have bought this before.",
    Source.RECENT: "You viewed this a moment ago.",
    Source.TRENDING: "Bought by more shoppers than before.",
    Source.POPULAR: "Popular in this shop.",
}
_WITH_THE_CART = {
    Source.TOGETHER: "Often bought with what is in your cart.",
    Source.SIMILAR: "Goes with what is in your cart.",
    Source.CONTENT: "Similar to what is in your cart.",
}
_OF_A_LIST = {
    Algorithm.COLLABORATIVE: "Based on what shoppers with similar interests chose.",
    Algorithm.CONTENT_BASED: "Based on product details.",
    Algorithm.HYBRID: "Based on what shoppers with similar interests chose, and on product details.",
    Algorithm.POPULARITY: "Popular in this shop.",
    Algorithm.TOGETHER: "Based on what is bought in one order.",
    Algorithm.BUY_AGAIN: "Based on what you buy repeatedly.",
    Algorithm.TRENDING: "Bought by more shoppers than before.",
    VIEWED: "What you viewed last.",
}


def of_product(item: RecommendedProduct, *, found: Recommended) -> str:
    """Return a sentence that explains the recommendation of one product."""
    if item.source is Source.CATEGORY:
        return _OF_A_SOURCE[item.source].format(category=item.product["category"]["name"])
    if item.because is not None and item.source in _OF_A_SOURCE:
        text = _OF_A_SOURCE[item.source]
        if item.source is Source.SIMILAR and found.made_by.get(item.source) == Algorithm.COLLABORATIVE:
            text = _CHOSEN_TOO
        return text.format(title=item.because.title)
    if found.slot is CART and item.source in _WITH_THE_CART:
        return _WITH_THE_CART[item.source]
    return _WITHOUT_A_PRODUCT[item.source]


def of_list(found: Recommended) -> str:
    """Return sentences that explain how the list was made and which source was missing."""
    sentences = [_OF_A_LIST[found.algorithm] if found.items else "There is nothing to show yet."]
    if found.lists_missing:
        sentences.append("No model is published yet.")
    elif found.algorithm != found.requested:
        sentences.append(f"Not enough data for {found.requested} yet.")
    if not found.recent_known:
        sentences.append("Your latest views could not be read and are not included.")
    return " ".join(sentences)


def is_degraded(found: Recommended) -> bool:
    """Return whether a source is missing; the popular list of a new shopper is not degraded."""
    return found.lists_missing or not found.recent_known
