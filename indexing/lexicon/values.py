"""What a lexicon returns."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A word of the vocabulary, and the number of products that contain it."""

    word: str
    frequency: int


@dataclass(frozen=True, slots=True)
class Segmentation:
    """Known words that a form consists of."""

    parts: tuple[str, ...]
    pairs: tuple[int, ...]
    """For each two neighbouring parts, the number of products in whose title they are adjacent."""

    @property
    def is_written(self) -> bool:
        """Whether titles have the parts beside each other."""
        return all(self.pairs)


class ValueKind(StrEnum):
    """What a named value is."""

    BRAND = "brand"
    CATEGORY = "category"
    ATTRIBUTE = "attribute"


class NamedValue(msgspec.Struct, frozen=True):
    """A brand, a category or an attribute's value that a query may name."""

    kind: ValueKind
    value: str
    """The brand, the path of the category, or the attribute's value, as written."""
    products: int
    attribute: str = ""
    """The attribute's name; empty for the other kinds."""
