"""Groups of products with the same brand or attribute value, of which a search shows one product each.

A product's value of an attribute is the one on which its variants agree: if they have several values, or
none, the product is in no group. It is then shown by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexing.attributes import attribute_keys, keyed_selections
from indexing.document import ProductDocument
from indexing.mapping import key, parts_of
from indexing.rules.actions import Pin

BRAND = "brand"
"""Groups by brand; any other name is that of an attribute."""


@dataclass(frozen=True, slots=True)
class Collapsed:
    """The group that a hit represents."""

    value: str
    """The brand or attribute value, as the product has it."""
    count: int
    """The number of products in the group that match, with the shown one."""


def groups_of(document: ProductDocument) -> dict[str, str]:
    """Return the values of the attributes on which the variants agree, both as they are compared."""
    found: dict[str, set[str]] = {}
    for each in attribute_keys(keyed_selections(document)):
        name, value = parts_of(each)
        found.setdefault(name, set()).add(value)
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def group_of(document: ProductDocument, by: str) -> str | None:
    """Return the group of a product, as values are compared; None if it is in none."""
    return key(document.brand) or None if by == BRAND else groups_of(document).get(key(by))


def collapsed(document: ProductDocument, by: str, counts: Mapping[str, int]) -> Collapsed | None:
    """Return the group of a product with its number of products, those of the groups being `counts`."""
    group = group_of(document, by)
    if group is None:
        return None
    value = " ".join(document.brand.split()) if by == BRAND else _spelling(document, key(by))
    # The product may have changed since the groups were counted.
    return Collapsed(value, counts.get(group, 1))


def _spelling(document: ProductDocument, name_key: str) -> str:
    return next(
        value
        for _, pairs in keyed_selections(document)
        for each, (_, value) in pairs.items()
        if parts_of(each)[0] == name_key
    )


def representatives(pins: Iterable[Pin], groups: Mapping[int, str | None]) -> list[int]:
    """Return the pinned products that are shown: of those in one group, the one with the first position.

    `groups` are the groups of the pinned products that are listed and pass the filters.
    """
    shown: dict[str | int, int] = {}
    for pin in sorted(pins, key=lambda each: each.position):
        if pin.product_id in groups:
            group = groups[pin.product_id]
            shown.setdefault(pin.product_id if group is None else group, pin.product_id)
    return list(shown.values())
