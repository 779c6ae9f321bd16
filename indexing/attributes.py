"""Attributes as filters and facets compare them: names and values without case and repeated spaces.

"Colour: Red" and "colour: red" are one value, with one key. The spellings are kept beside the keys, so that
facets can show the most frequent one.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from indexing.document import ProductDocument, Selection, selections
from indexing.mapping import SEPARATOR, key, parts_of, token

Spelling = tuple[str, str]
"""A name and a value as they are written."""


@lru_cache(maxsize=20_000)
def attribute_key(name: str, value: str) -> str:
    """Return the exact value by which an attribute is filtered and counted."""
    return token(key(name), key(value))


@lru_cache(maxsize=20_000)
def spelled_key(name: str, value: str) -> str:
    """Return the key of an attribute followed by its spelling."""
    return token(key(name), key(value), name, value)


def spelled(attributes: Mapping[str, str]) -> dict[str, Spelling]:
    """Return the spelling of each attribute by the key of its name; empty names and values are left out.

    If two names have one key, the later one counts: a variant's attributes follow those of its product.
    """
    found: dict[str, Spelling] = {}
    for name, value in attributes.items():
        name_key, _, value_key = attribute_key(name, value).partition(SEPARATOR)
        if name_key and value_key:
            found[name_key] = name, value
    return found


def keyed_selections(
    document: ProductDocument,
) -> Iterable[tuple[Selection, dict[str, Spelling]]]:
    """Yield each selection of a product with the spellings of its attributes, by attribute key.

    A value has one spelling in a product, the first, so that each product counts for one spelling only.
    """
    first: dict[str, Spelling] = {}
    for selection in selections(document):
        pairs = spelled(selection.attributes).values()
        yield (
            selection,
            {found: first.setdefault(found, pair) for pair in pairs for found in [attribute_key(*pair)]},
        )


def attribute_keys(document: ProductDocument) -> tuple[str, ...]:
    """Return the keys of the attributes that the selections of a product have."""
    return tuple(dict.fromkeys(found for _, pairs in keyed_selections(document) for found in pairs))


def spelling_of(token_with_spelling: str) -> tuple[str, Spelling]:
    """Return the key and the spelling that `spelled_key` joined."""
    name_key, value_key, name, value = parts_of(token_with_spelling)
    return token(name_key, value_key), (name, value)
