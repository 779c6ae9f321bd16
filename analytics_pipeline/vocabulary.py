"""Write docs/events.md and the types of the clients: `python -m analytics_pipeline.vocabulary`."""

import sys
from collections.abc import Mapping
from pathlib import Path

from msgspec import inspect

from analytics_pipeline import client_types, clocks, validation
from analytics_pipeline.columns import fields_of, table_columns, without_none
from analytics_pipeline.events import (
    COLUMNS,
    EVENT_TYPES,
    MAX_EVENTS,
    MAX_PROPERTIES,
    SERVER_ONLY,
    VOCABULARY_VERSION,
    Event,
)

PAGE = Path(__file__).parent.parent / "docs" / "events.md"

_NAMES: Mapping[type[inspect.Type], str] = {inspect.UUIDType: "UUID", inspect.BoolType: "boolean"}
_COMMON = frozenset(Event.__struct_fields__)
_HEAD = """# Events

Version {version} of the vocabulary. This page is generated from `analytics_pipeline/events.py` by
`python -m analytics_pipeline.vocabulary`. A new version only adds types and optional
fields; an event whose meaning changes gets a new type. `clients/` has clients for browsers and for Python.

`POST /api/events/` takes `{{"events": [...], "anonymous_id": "…", "sent_at": "…"}}`, as JSON of any media
type, optionally compressed with gzip, with at most {events} events. The response, 202, has the number of
accepted events, and the index and the reason of each refused one. Send a batch that got no response again: an
event with the same id is counted once. If two events have the same id and different contents, both contents
are kept, and the report `id_conflicts` lists them.

- `anonymous_id` identifies a guest: a random UUID that the client keeps. The header `X-Anonymous-Id` is
equivalent; if both are sent they must be equal. With a login, events belong to the account instead.
- `sent_at` is the client's clock when it sends the batch, with its time zone. If it differs from the server's
  by more than {delay} minute, the events' times are corrected by the difference, up to {most} hours.
- `tracking_consent` is `true` or `false` if the guest was asked. The header `X-Tracking-Consent: granted` or
  `denied` is equivalent. One objection is enough: here, stored with the account, or the browser's
  `Sec-GPC: 1` or `DNT: 1`. Without consent, nothing is stored and the response says `"tracked": false`.

With events, and with the lists, cart additions, orders and logins that it records itself, the server stores
what the request says about the client:

- `device` is `desktop`, `mobile`, `tablet` or `other`, from the headers User-Agent, Sec-CH-UA-Mobile and
  Sec-CH-UA-Platform.
- `is_bot` is whether User-Agent is that of a known bot or HTTP library. Such events are kept, and reports
  decide whether they count. A server that calls the API for shoppers must forward their User-Agent, or
  their lists and events count as those of a bot.
- `consent` is `granted` or `unknown`: whether the shopper agreed to tracking or wasn't asked. It is
  `denied` for lists, which are then stored without the shopper.

They are empty and false if the server doesn't know them, and for what earlier releases stored.

Every event has these fields. The time in the id, corrected, must be at most {earliest} days before and
{latest} minutes after the arrival.

| field | value | column |
|---|---|---|
"""


def page() -> str:
    """Return the text of docs/events.md."""
    head = _HEAD.format(
        version=VOCABULARY_VERSION,
        events=MAX_EVENTS,
        delay=clocks.NETWORK_DELAY.seconds // 60,
        most=clocks.MAX_OFFSET.days * 24,
        earliest=clocks.EARLIEST.days,
        latest=clocks.LATEST.seconds // 60,
    )
    common = [
        "| `type` | one of the types below | `type` |",
        *(_row(field) for field in fields_of(Event)),
    ]
    return "\n".join([head.rstrip("\n"), *common, "", *(_section(kind) for kind in EVENT_TYPES)])


def _section(kind: type[Event]) -> str:
    description = " ".join((kind.__doc__ or "").split())
    server = " Clients can't send it." if kind in SERVER_ONLY else ""
    rows = [_row(field) for field in fields_of(kind) if field.name not in _COMMON]
    table = (
        ["| field | value | column |", "|---|---|---|", *rows] if rows else ["It has no fields of its own."]
    )
    return "\n".join([f"## {kind.__struct_config__.tag}", "", description + server, "", *table, ""])


def _row(field: inspect.Field) -> str:
    required = "required" if field.required else "optional"
    column = COLUMNS[field.name].type if field.name in COLUMNS else table_columns()[field.name]
    return f"| `{field.name}` | {_value(without_none(field.type))}, {required} | `{column}` |"


def _value(kind: inspect.Type) -> str:
    match kind:
        case inspect.IntType(ge=least, le=greatest):
            return f"integer from {least} to {greatest}"
        case inspect.FloatType(ge=low, le=high) if low is not None and high is not None:
            return f"number from {low:g} to {high:g}"
        case inspect.StrType(max_length=longest):
            return "string" if longest is None else f"string of at most {longest} characters"
        case inspect.VarTupleType(item_type=item, max_length=most):
            return f"list of at most {most}: {_value(item)}"
        case inspect.DictType():
            bytes_ = validation.MAX_PROPERTIES_BYTES
            return f"map of at most {MAX_PROPERTIES} strings, numbers and booleans in {bytes_} bytes of JSON"
        case _:
            return _NAMES.get(type(kind)) or type(kind).__name__.removesuffix("Type").lower()


def main() -> int:
    """Write the page and the clients' types; return 0."""
    for path, text in {PAGE: page(), **client_types.files()}.items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
