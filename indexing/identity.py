"""Objects as keys by identity, to remember what follows from large objects that can't be hashed."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Same(Generic[T]):
    """A key that equals another one only if both have the same object, which it keeps alive."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        """Have `value`, which must not change."""
        self.value = value

    def __eq__(self, other: object) -> bool:
        """Return whether the other key has the same object."""
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        """Return the object's identity."""
        return id(self.value)
