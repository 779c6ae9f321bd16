"""How the fields of the event types are stored: each in the column of the same name in `events`.

The columns are derived from the structs in `events.py` and compared with `schema/*.sql` when that module is
imported, so a field without a column stops the process instead of losing values.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import inspect

SCHEMA_FOLDER = Path(__file__).parent / "schema"
# Stands for "no shopper", "no exposure": columns of the warehouse are not nullable.
NIL_UUID = UUID(int=0)

# Columns that are filled on arrival; no field may have one of these names.
ARRIVAL = frozenset(
    {
        "event_id",
        "occurred_at",
        "day",
        "type",
        "shopper_key",
        "arrived_at",
        "content",
        "version",
        "clock_offset",
        "reported_at",
        "source_key",
        "device",
        "is_bot",
        "consent",
    }
)

_CREATED = re.compile(r"CREATE TABLE IF NOT EXISTS events\n\((.*?)\n\)", re.DOTALL)
_ALTERED = re.compile(r"^ALTER TABLE events\b.*", re.DOTALL | re.MULTILINE)
_ADDED = re.compile(r"\bADD COLUMN IF NOT EXISTS (\w+) (.+?),?$", re.MULTILINE)
_COLUMN = re.compile(r"^    (\w+) (.+?),?$", re.MULTILINE)
_STRINGS = frozenset({"String", "LowCardinality(String)"})
_INTEGERS = {
    f"{sign}Int{bits}": (0 if sign else -(2 ** (bits - 1)), 2 ** (bits if sign else bits - 1) - 1)
    for sign in ("", "U")
    for bits in (8, 16, 32, 64)
}


class FieldNotStored(TypeError):
    """A field of an event type has no column that can hold it."""

    def __init__(self, owner: str, field: str, *, reason: str) -> None:
        super().__init__(f"{owner}.{field} can't be stored: {reason}")
        self.owner = owner
        self.field = field


@dataclass(frozen=True, slots=True)
class EventColumn:
    """A column of `events` that holds a field.

    `default` is stored where an event has no such field or None in it; `convert` turns a field's value into
    the column's.
    """

    name: str
    type: str
    default: object
    convert: Callable[[Any], object] | None = None


def table_columns(folder: Path = SCHEMA_FOLDER) -> dict[str, str]:
    """Return the columns of the table `events` with their types, as the schema files make it."""
    columns: dict[str, str] = {}
    for path in sorted(folder.glob("*.sql")):
        statement = path.read_text(encoding="utf-8")
        if created := _CREATED.search(statement):
            columns |= dict(_COLUMN.findall(created[1]))
        if altered := _ALTERED.search(statement):
            columns |= {name: type_.strip() for name, type_ in _ADDED.findall(altered[0])}
    return columns


def fields_of(kind: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    """Return the fields of a struct with their types."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - a struct's info is one
    return info.fields


def columns_of(kinds: Iterable[type[msgspec.Struct]], *, table: Mapping[str, str]) -> dict[str, EventColumn]:
    """Return the column of each field that these event types have.

    Raises:
        FieldNotStored: a field has no column, or one that can't hold its values.
    """
    columns: dict[str, EventColumn] = {}
    for kind in kinds:
        for field in fields_of(kind):
            if field.name == "event_id":
                continue
            columns[field.name] = _column(kind.__name__, field.name, field.type, table=table)
    return columns


def _column(owner: str, name: str, kind: inspect.Type, *, table: Mapping[str, str]) -> EventColumn:
    if name in ARRIVAL:
        raise FieldNotStored(owner, name, reason="the column of this name holds something else")
    if name not in table:
        raise FieldNotStored(
            owner,
            name,
            reason="add a file to analytics_pipeline/schema with "
            f"ALTER TABLE events ADD COLUMN IF NOT EXISTS {name} …",
        )
    column = _fitting(name, without_none(kind), table[name])
    if column is None:
        raise FieldNotStored(
            owner, name, reason=f"the column's type {table[name]} doesn't hold all its values"
        )
    return column


def _fitting(name: str, kind: inspect.Type, type_: str) -> EventColumn | None:
    """Return the column if a column of this type holds every value of this kind."""
    convert = None
    match kind:
        case inspect.IntType() if _holds(kind, type_):
            default: object = 0
        case inspect.FloatType() if type_ == "Float64":
            default = 0.0
        # A probability is rounded to seven digits.
        case inspect.FloatType(ge=0, le=1) if type_ == "Float32":
            default = 0.0
        case inspect.BoolType() if type_ == "Bool":
            default = False
        case inspect.StrType() if type_ in _STRINGS:
            default = ""
        case inspect.UUIDType() if type_ == "UUID":
            default = NIL_UUID
        case inspect.VarTupleType(item_type=item) if _fitting(name, item, _item_type(type_)):
            default = ()
        case inspect.DictType() if type_ == "Map(String, String)":
            default, convert = {}, _texts
        case _:
            return None
    return EventColumn(name, type_, default, convert)


def _item_type(type_: str) -> str:
    return type_.removeprefix("Array(").removesuffix(")") if type_.startswith("Array(") else ""


def _holds(kind: inspect.IntType, type_: str) -> bool:
    if type_ not in _INTEGERS or kind.ge is None or kind.le is None:
        return False
    least, greatest = _INTEGERS[type_]
    return least <= kind.ge and kind.le <= greatest


def without_none(kind: inspect.Type) -> inspect.Type:
    """Return `T` for the type `T | None`, and any other type unchanged."""
    if isinstance(kind, inspect.UnionType):
        rest = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return rest[0] if len(rest) == 1 else kind
    return kind


def _texts(properties: Mapping[str, object]) -> dict[str, str]:
    """Return the properties as strings; numbers and booleans are written as in JSON."""
    return {
        key: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for key, value in properties.items()
    }


def field_values(
    events: Sequence[msgspec.Struct], *, columns: Mapping[str, EventColumn]
) -> dict[str, list[Any]]:
    """Return the columns' values for events of one type, in their order.

    A column whose values are all the default is left out.
    """
    names = events[0].__struct_fields__
    fields = zip(names, zip(*map(msgspec.structs.astuple, events), strict=True), strict=True)
    # A false value (None, 0, an empty string) is stored as the column's default.
    return {
        name: _stored(values, column=columns[name])
        for name, values in fields
        if name in columns and any(values)
    }


def _stored(values: Sequence[Any], *, column: EventColumn) -> list[Any]:
    default, convert = column.default, column.convert
    if convert is not None:
        return [convert(value) if value else default for value in values]
    return [default if value is None else value for value in values]
