"""The types of events in the languages of the clients in clients/, generated from the structs."""

import textwrap
from pathlib import Path

from msgspec import inspect

from analytics_pipeline.columns import fields_of, without_none
from analytics_pipeline.events import CLIENT_TYPES, VOCABULARY_VERSION, Event

CLIENTS = Path(__file__).parent.parent / "clients"
_COMMON = frozenset(Event.__struct_fields__)
_COMMAND = "python -m analytics_pipeline.vocabulary"


def files() -> dict[Path, str]:
    """Return the text of each generated file of the clients."""
    return {
        CLIENTS / "javascript" / "event-types.d.ts": typescript(),
        CLIENTS / "python" / "vitrine_events" / "event_types.py": python(),
    }


def typescript() -> str:
    """Return the declarations of the events that clients may send, for TypeScript."""
    types = [_interface(kind) for kind in CLIENT_TYPES]
    # Clients mint the ids.
    common = [_member(field) for field in fields_of(Event) if field.name != "event_id"]
    return "\n".join(
        [
            f"// Version {VOCABULARY_VERSION} of the vocabulary, written by `{_COMMAND}`.",
            "",
            "/** The fields that every event may have. */",
            "export interface Common {",
            *common,
            "}",
            "",
            "/** The fields of each type of event. */",
            "export interface EventTypes {",
            *types,
            "}",
            "",
        ]
    )


def python() -> str:
    """Return the names of the events that clients may send, for Python."""
    names = [f'    "{kind.__struct_config__.tag}",' for kind in CLIENT_TYPES]
    return "\n".join(
        [
            f'"""The types of events that clients may send, written by `{_COMMAND}`."""',
            "",
            "from typing import Literal",
            "",
            f"VOCABULARY_VERSION = {VOCABULARY_VERSION}",
            "EventType = Literal[",
            *names,
            "]",
            "",
        ]
    )


def _interface(kind: type[Event]) -> str:
    lines = textwrap.wrap(" ".join((kind.__doc__ or "").split()), width=105, break_on_hyphens=False)
    comment = ["  /**", *(f"   * {line}" for line in lines), "   */"]
    members = [f"  {_member(field)}" for field in fields_of(kind) if field.name not in _COMMON]
    return "\n".join([*comment, f"  {kind.__struct_config__.tag}: {{", *members, "  };"])


def _member(field: inspect.Field) -> str:
    inner = without_none(field.type)
    nullable = "" if inner is field.type else " | null"
    return f"  {field.name}{'' if field.required else '?'}: {_type(inner)}{nullable};"


def _type(kind: inspect.Type) -> str:
    """Return the type in TypeScript.

    Raises:
        TypeError: no type describes this one yet.
    """
    match kind:
        case inspect.IntType() | inspect.FloatType():
            return "number"
        case inspect.StrType() | inspect.UUIDType():
            return "string"
        case inspect.BoolType():
            return "boolean"
        case inspect.VarTupleType(item_type=item):
            return f"{_type(item)}[]"
        case inspect.DictType():
            return "Record<string, string | number | boolean>"
        case _:
            raise TypeError(f"no type of TypeScript describes {kind}")
