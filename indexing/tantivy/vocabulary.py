"""Numbers for the attribute values and brands of one generation."""

from collections.abc import Iterable

from indexing.attributes import Spelling, attribute_key
from indexing.mapping import key, parts_of


class Vocabulary:
    """Numbers for brands, and spellings, keys and names of attributes, none of which is used twice."""

    def __init__(self) -> None:
        """Begin without values."""
        self.spellings: list[Spelling] = []
        self.keys: list[str] = []
        self.key_of_spelling: list[int] = []
        self.name_of_key: list[int] = []
        self._spellings: dict[Spelling, int | None] = {}
        self._keys: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._keys_of_name: dict[str, list[str]] = {}
        self._brands: dict[str, int] = {}

    def spelling(self, spelling: Spelling) -> int | None:
        """Return the number of a spelling; None if its name or value is blank."""
        try:
            return self._spellings[spelling]
        except KeyError:
            return self._spellings.setdefault(spelling, self._add(spelling))

    def brand(self, brand: str) -> int:
        """Return the number of a brand without case; -1 for an empty one."""
        found = key(brand)
        return self._brands.setdefault(found, len(self._brands)) if found else -1

    def _add(self, spelling: Spelling) -> int | None:
        found = attribute_key(*spelling)
        name, value = parts_of(found)
        if not (name and value):
            return None
        self.key_of_spelling.append(self._key(found, name))
        self.spellings.append(spelling)
        return len(self.spellings) - 1

    def _key(self, found: str, name: str) -> int:
        if found not in self._keys:
            self.name_of_key.append(self._names.setdefault(name, len(self._names)))
            self.keys.append(found)
            self._keys_of_name.setdefault(name, []).append(found)
            self._keys[found] = len(self.keys) - 1
        return self._keys[found]

    def numbers(self, keys: Iterable[str]) -> list[int]:
        """Return the numbers of those `keys` that a product has or had."""
        return [self._keys[each] for each in keys if each in self._keys]

    def keys_of(self, name_key: str) -> list[str]:
        """Return the keys of an attribute that a product has or had."""
        return list(self._keys_of_name.get(name_key, ()))

    def name(self, name_key: str) -> int:
        """Return the number of an attribute's name; -1 if no product has or had it."""
        return self._names.get(name_key, -1)
