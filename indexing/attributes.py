"""Attributes as filters and facets compare them: names and values without case and repeated spaces.

"Colour: Red" and "colour: red" are one value, with one key. The spellings are kept beside the keys, so that
facets can show the most frequent one.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain

from indexing.document import ProductDocument, Selection, selections
from indexing.mapping import SEPARATOR, key, parts_of, token

Spelling = tuple[str, str]
"""A name and a value as they are written."""
KeyedSelection = tuple[Selection, dict[str, Spelling]]
"""A selection with the spellings of its attributes, by attribute key."""


@lru_cache(maxsize=20_000)
def attribute_key(name: str, value: str) -> str:
    """Return the exact value by which an attribute is filtered and counted."""
    return token(key(name), key(value))


@lru_cache(maxsize=20_000)
def _keys(name: str, value: str) -> tuple[str, str]:
    """Return the key of an attribute's name and that of the attribute; empty if one is blank."""
    found = attribute_key(name, value)
    name_key, _, value_key = found.partition(SEPARATOR)
    return (name_key, found) if name_key and value_key else ("", "")


@lru_cache(maxsize=20_000)
def spelled_key(name: str, value: str) -> str:
    """Return the key of an attribute followed by its spelling."""
    return token(key(name), key(value), name, value)


def spelled(attributes: Mapping[str, str]) -> dict[str, Spelling]:
    """Return the spelling of each attribute by the key of its name; empty names and values are left out.

    If two names have one key, the later one counts: a variant's attributes follow those of its product.
    """
    return {name_key: spelling for name_key, (_, spelling) in _keyed(tuple(attributes.items())).items()}


@lru_cache(maxsize=20_000)
def _keyed(spellings: tuple[Spelling, ...]) -> Mapping[str, tuple[str, Spelling]]:
    """Return the key and the spelling of each attribute by the key of its name.

    It is remembered, because the variants of many products have the same attributes.
    """
    found: dict[str, tuple[str, Spelling]] = {}
    for spelling in spellings:
        name_key, attribute = _keys(*spelling)
        if name_key:
            found[name_key] = attribute, spelling
    return found


def keyed_selections(document: ProductDocument) -> Iterator[KeyedSelection]:
    """Yield each selection of a product with the spellings of its attributes, by attribute key.

    A value has one spelling in a product, the first, so that each product counts for one spelling only.
    """
    first: dict[str, Spelling] = {}
    for selection in selections(document):
        attributes = _keyed(tuple(selection.attributes.items())).values()
        yield selection, {found: first.setdefault(found, spelling) for found, spelling in attributes}


def attribute_keys(found: Iterable[KeyedSelection]) -> tuple[str, ...]:
    """Return the keys of the attributes that the selections of a product have."""
    return tuple(dict.fromkeys(chain.from_iterable(pairs for _, pairs in found)))


def spelling_of(token_with_spelling: str) -> tuple[str, Spelling]:
    """Return the key and the spelling that `spelled_key` joined."""
    name_key, value_key, name, value = parts_of(token_with_spelling)
    return token(name_key, value_key), (name, value)
