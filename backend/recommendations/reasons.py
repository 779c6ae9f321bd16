"""Why a product is shown, in words for the shopper."""

from backend.recommendations.models import Algorithm
from backend.recommendations.selectors import Recommended, RecommendedProduct
from ml.serving import Reason

_OF_A_PRODUCT = {
    Reason.RECENT: "Goes with {title}, which you looked at a moment ago.",
    Reason.HISTORY: "Because of your interest in {title}.",
    Reason.SIMILAR: "Goes with {title}.",
}
_WITHOUT_A_PRODUCT = {
    Reason.RECENT: "Goes with what you looked at a moment ago.",
    Reason.HISTORY: "Suits what interested you before.",
    Reason.TASTE: "Suits what interested you before.",
    Reason.SIMILAR: "Goes with this product.",
    Reason.POPULAR: "Popular in this shop.",
}
_OF_A_LIST = {
    Algorithm.COLLABORATIVE: "From what people with the same taste chose.",
    Algorithm.CONTENT_BASED: "Alike in their descriptions and attributes.",
    Algorithm.HYBRID: "From what people with the same taste chose, and from descriptions and attributes.",
    Algorithm.POPULARITY: "What everybody chooses.",
}


def of_product(item: RecommendedProduct) -> str:
    """Return one sentence."""
    if item.because is not None and item.reason in _OF_A_PRODUCT:
        return _OF_A_PRODUCT[item.reason].format(title=item.because.title)
    return _WITHOUT_A_PRODUCT[item.reason]


def of_list(found: Recommended) -> str:
    """Return what made the list, and what could not take part."""
    sentences = [_OF_A_LIST[Algorithm(found.algorithm)]]
    if found.version is None:
        sentences.append("No model is published yet.")
    elif found.algorithm != found.requested:
        sentences.append(f"Too little is known for {found.requested}.")
    if not found.recent_known:
        sentences.append("What you did a moment ago could not be read and is not in it.")
    return " ".join(sentences)


def is_degraded(found: Recommended) -> bool:
    """Whether something that should have taken part is missing; a newcomer's popular list is not degraded."""
    return found.version is None or not found.recent_known
