"""Explanations of recommendations for the shopper."""

from backend.recommendations.models import Algorithm
from backend.recommendations.selectors import Recommended, RecommendedProduct
from ml.serving import Reason

_OF_A_PRODUCT = {
    Reason.RECENT: "Goes with {title}, which you viewed a moment ago.",
    Reason.HISTORY: "Because of your interest in {title}.",
    Reason.SIMILAR: "Goes with {title}.",
}
_WITHOUT_A_PRODUCT = {
    Reason.RECENT: "Goes with what you viewed a moment ago.",
    Reason.HISTORY: "Based on your earlier interests.",
    Reason.TASTE: "Based on your earlier interests.",
    Reason.SIMILAR: "Goes with this product.",
    Reason.POPULAR: "Popular in this shop.",
}
_OF_A_LIST = {
    Algorithm.COLLABORATIVE: "Based on what shoppers with similar interests chose.",
    Algorithm.CONTENT_BASED: "Based on product details.",
    Algorithm.HYBRID: "Based on what shoppers with similar interests chose, and on product details.",
    Algorithm.POPULARITY: "Popular in this shop.",
}


def of_product(item: RecommendedProduct) -> str:
    """Return a sentence that explains the recommendation of one product."""
    if item.because is not None and item.reason in _OF_A_PRODUCT:
        return _OF_A_PRODUCT[item.reason].format(title=item.because.title)
    return _WITHOUT_A_PRODUCT[item.reason]


def of_list(found: Recommended) -> str:
    """Return sentences that explain how the list was made and which source was missing."""
    sentences = [_OF_A_LIST[Algorithm(found.algorithm)]]
    if found.version is None:
        sentences.append("No model is published yet.")
    elif found.algorithm != found.requested:
        sentences.append(f"Not enough data for {found.requested} yet.")
    if not found.recent_known:
        sentences.append("Your latest views could not be read and are not included.")
    return " ".join(sentences)


def is_degraded(found: Recommended) -> bool:
    """Return whether a source is missing; the popular list of a new shopper is not degraded."""
    return found.version is None or not found.recent_known
