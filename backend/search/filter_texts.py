"""Filters as texts, as exposures and explanations have them."""

from backend.search.parameters import ATTRIBUTE_PREFIX
from indexing.filters import Filters


def filter_texts(filters: Filters) -> dict[str, str]:
    """Return the filters that are set, by their names."""
    named = filters.given()
    # The tokens are derived from the category.
    named.pop("category_tokens", None)
    attributes: dict[str, tuple[str, ...]] = named.pop("attributes", {})
    texts = {name: _text(value) for name, value in named.items()}
    return texts | {f"{ATTRIBUTE_PREFIX}{name}": ", ".join(values) for name, values in attributes.items()}


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
