"""Declarations of personal data: the rows of a user, what is exported, and what erasing does to them.

Each app has its declarations in `personal_data.py`. docs/decisions/privacy.md explains the rules.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet

Row = dict[str, Any]
Owner = Callable[[int], Q]
_ROWS_AT_ONCE = 2_000


def owned_by(*lookups: str) -> Owner:
    """Return the condition that one of these look-ups of a row is the user."""
    return lambda user_id: reduce(or_, (Q((lookup, user_id)) for lookup in lookups))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalRows:
    """The rows of a model that belong to a user.

    `exported` are the columns in the export's list `section`, `withheld` are the others: secrets, and columns
    that say nothing about the user. Erasing deletes the rows, unless `emptied` is given: then it sets these
    columns to the values, or to what a function returns for the present value, and `kept` names the texts,
    documents and keys that stay.
    """

    section: str
    model: type[Model]
    owner: Owner
    exported: Sequence[str]
    withheld: Sequence[str] = ()
    emptied: Mapping[str, Any] | None = None
    kept: Sequence[str] = ()

    def rows(self, user_id: int) -> QuerySet[Any]:
        """Return the user's rows, by key."""
        # Owners are found through foreign keys of the row, so that no row is found twice.
        return self.model._default_manager.filter(self.owner(user_id)).order_by("pk")

    def export(self, user_id: int) -> Iterator[Row]:
        """Yield the exported columns of the user's rows."""
        yield from self.rows(user_id).values(*self.exported).iterator(chunk_size=_ROWS_AT_ONCE)

    def erase(self, user_id: int) -> int:
        """Delete or empty the user's rows, and return how many there were."""
        return self.erase_rows(self.rows(user_id))

    def erase_rows(self, rows: QuerySet[Any]) -> int:
        """Delete or empty these rows of the model, and return how many there were."""
        if self.emptied is None:
            # Not the sum of all tables that a deletion cascades to.
            return int(rows.order_by().delete()[1].get(self.model._meta.label, 0))
        keys = list(rows.values_list("pk", flat=True))
        for name, change in self.emptied.items():
            if callable(change):
                self._change(keys, name, change)
        values = {name: value for name, value in self.emptied.items() if not callable(value)}
        if values:
            self._of(keys).update(**values)
        return len(keys)

    def _change(self, keys: Sequence[Any], name: str, change: Callable[[Any], Any]) -> None:
        for key, value in list(self._of(keys).values_list("pk", name)):
            self._of([key]).update(**{name: change(value)})

    def _of(self, keys: Sequence[Any]) -> QuerySet[Any]:
        return self.model._default_manager.filter(pk__in=keys)


@dataclass(frozen=True, slots=True)
class PersonalTables:
    """The personal data of an app in the database. `tables` are erased in this order."""

    name: str
    tables: Sequence[PersonalRows] = field(default_factory=tuple)

    def export(self, user_id: int) -> Iterator[tuple[str, Iterable[Row]]]:
        """Yield the name and the rows of each section."""
        for table in self.tables:
            yield table.section, table.export(user_id)

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Delete or empty the rows, and return how many there were by section."""
        return {table.section: table.erase(user_id) for table in self.tables}
