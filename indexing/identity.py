"""Values that follow from large objects, found by which objects these are instead of by their contents."""

from typing import Generic, TypeVar

V = TypeVar("V")


class ByIdentity(Generic[V]):
    """Values by objects that never change.

    Objects such as documents can't be hashed, or comparing them takes longer than it took to make the value.
    """

    def __init__(self, most: int) -> None:
        """Remember at most so many values; then all are forgotten."""
        self._most = most
        self._values: dict[tuple[int, ...], tuple[V, tuple[object, ...]]] = {}

    def get(self, *objects: object) -> V | None:
        """Return the value for these very objects; None if there is none."""
        found = self._values.get(tuple(map(id, objects)))
        return None if found is None else found[0]

    def keep(self, value: V, *objects: object) -> V:
        """Remember and return the value for these objects."""
        if len(self._values) >= self._most:
            self._values.clear()
        # With the objects, so that no other ones get their identities meanwhile.
        self._values[tuple(map(id, objects))] = value, objects
        return value
