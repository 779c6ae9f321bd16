"""The fields of attributes in indexes before version 3, for a process of the release that built them."""

from collections.abc import Iterator
from itertools import chain, combinations

from indexing.document import ProductDocument, VariantDocument, varying_attributes
from indexing.mapping import SEPARATOR, attribute_tokens
from indexing.request import MAX_ATTRIBUTE_FILTERS

LAST_VERSION = 2


def attribute_values(document: ProductDocument) -> Iterator[tuple[str, str]]:
    """Yield the fields and values of a product's attributes."""
    varying = varying_attributes(document)
    common = [(name, value) for name, value in document.attributes.items() if name not in varying]
    for value in attribute_tokens(common):
        yield "attribute", value
    in_stock = [variant for variant in document.variants if variant.available > 0]
    for suffix, variants in (("", document.variants), ("_in_stock", in_stock)):
        chosen = [_varying_tokens(document, variant, varying) for variant in variants]
        for value in dict.fromkeys(chain.from_iterable(chosen)):
            yield f"option{suffix}", value
        for value in dict.fromkeys(chain.from_iterable(map(_choices, chosen))):
            yield f"choice{suffix}", value


def _varying_tokens(
    document: ProductDocument, variant: VariantDocument, varying: frozenset[str]
) -> list[str]:
    inherited = {**document.attributes, **variant.attributes}
    return attribute_tokens((name, inherited[name]) for name in sorted(varying) if name in inherited)


def _choices(tokens: list[str]) -> Iterator[str]:
    """Yield a token for every combination of one variant's attributes."""
    for size in range(1, min(len(tokens), MAX_ATTRIBUTE_FILTERS) + 1):
        yield from map(SEPARATOR.join, combinations(tokens, size))
