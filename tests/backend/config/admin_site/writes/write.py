"""What a write of a page of the admin is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Values = Mapping[str, Any]
GONE, NOT_NOW = "Perhaps it was deleted", "is not possible now"


@dataclass(frozen=True, kw_only=True)
class Write:
    """A write of a page, on the row that `arrange` makes; the page of a new row has none.

    `sent` are the changed fields of the form and `wrong` others, which are refused with `error`. A form
    without fields is instead sent again, which must show `error` and change nothing. `state` is what
    changes, and becomes `expected`.
    """

    model: type[Any]
    name: str
    arrange: Callable[[Path], Any]
    sent: Callable[[Any], Values] = lambda _: {}
    wrong: Callable[[Any], Values] | None = None
    error: str = NOT_NOW
    state: Callable[[Any], object]
    expected: object
    audit: str

    @property
    def page(self) -> str:
        """The page of the admin that has the form."""
        return {"create": "add", "remove": "delete"}.get(self.name, self.name.partition(" ")[0])


def values(**given: Any) -> Callable[[Any], Values]:
    return lambda _: given


def status_of(row: Any) -> str:
    return str(row.status)
