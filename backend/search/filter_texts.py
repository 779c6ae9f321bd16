"""Filters as texts, as exposures and explanations have them."""

from backend.search.attribute_parameters import ATTRIBUTE_PREFIX, HIGHEST, LOWEST
from indexing.filters import Filters
from indexing.numeric import NumberLimits


def filter_texts(filters: Filters) -> dict[str, str]:
    """Return the filters that are set, by their names."""
    named = filters.given()
    # The tokens are derived from the category.
    named.pop("category_tokens", None)
    attributes: dict[str, tuple[str, ...]] = named.pop("attributes", {})
    limits: dict[str, NumberLimits] = named.pop("attribute_limits", {})
    texts = {name: _text(value) for name, value in named.items()}
    texts |= {f"{ATTRIBUTE_PREFIX}{name}": ", ".join(values) for name, values in attributes.items()}
    return texts | {
        f"{ATTRIBUTE_PREFIX}{name}{end}": f"{number:f}"
        for name, each in limits.items()
        for end, number in ((LOWEST, each.lowest), (HIGHEST, each.highest))
        if number is not None
    }


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
