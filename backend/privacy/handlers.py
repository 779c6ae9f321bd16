"""What each app and each store outside the database contributes to export and erasure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from backend.accounts.shopper_keys import ShopperKeys


class PersonalData(Protocol):
    """The personal data of an app."""

    @property
    def name(self) -> str:
        """The app's name."""

    def export(self, user_id: int) -> Iterable[tuple[str, Iterable[Mapping[str, Any]]]]:
        """Yield the name and the rows of each section of the export."""

    def erase(self, user_id: int, *, now: datetime) -> Mapping[str, int]:
        """Delete or empty the user's rows in the caller's transaction, and return how many, by section."""


class PersonalStore(Protocol):
    """A store outside the database, whose data refers to shoppers by their keys."""

    @property
    def name(self) -> str:
        """The name in receipts, which must never change."""

    def erase(self, keys: ShopperKeys, *, now: datetime) -> None:
        """Delete everything with these keys; repeating it has no further effect.

        Raises:
            Exception: it isn't possible yet; it will be tried again.
        """


_handlers: list[PersonalData] = []
_stores: list[PersonalStore] = []


def register(handlers: Sequence[PersonalData], *, stores: Sequence[PersonalStore]) -> None:
    """Set the handlers, in the order of erasing, and the stores."""
    _handlers[:] = handlers
    _stores[:] = stores


def handlers() -> Sequence[PersonalData]:
    """Return the registered handlers, in the order of erasing."""
    return tuple(_handlers)


def stores() -> Sequence[PersonalStore]:
    """Return the registered stores."""
    return tuple(_stores)
