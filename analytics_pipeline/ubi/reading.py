"""Read the documents of one day from the warehouse, a block of rows at a time."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from analytics_pipeline.ubi.documents import (
    EventAttributes,
    QueryAttributes,
    UbiEvent,
    UbiObject,
    UbiPosition,
    UbiQuery,
)
from analytics_pipeline.warehouse import Warehouse

_EXTRACTS = Path(__file__).parent.parent / "extracts"
# The longest message that the schema allows.
_MOST_CHARACTERS = 1024
_ACTIONS = {
    "click": ("click", "CLICK"),
    "view": ("view", "VIEW"),
    "carted": ("add_to_cart", "CONVERSION"),
    "order": ("purchase", "CONVERSION"),
}
# Queries with an e-mail address, or a phone number written as one. Other long numbers may be barcodes.
_PERSONAL = r"[^\s@]@[^\s@]|(?:\+|\b00)\d(?:[\s()./-]*\d){6,}|\(0\d+\)[\s/-]*\d"
_WITH_UNITS = frozenset({"carted", "order"})


def queries_of(warehouse: Warehouse, *, day: date, application: str) -> Iterator[UbiQuery]:
    """Yield the queries of a day in the order in which they were sent."""
    for row in _rows(warehouse, "ubi_queries", day=day):
        query_id = str(row["query_id"])
        yield UbiQuery(
            application=application,
            query_id=query_id,
            client_id=str(row["client_id"]),
            user_query=row["user_query"],
            timestamp=row["shown_at"],
            query_attributes=_attributes(row),
            query_response_id=query_id,
            query_response_hit_ids=[str(product) for product in row["product_ids"]],
        )


def impressions_of(query: UbiQuery) -> Iterator[UbiEvent]:
    """Yield an event for each product of a list that was shown."""
    first = query.query_attributes.first_position
    for ordinal, product in enumerate(query.query_response_hit_ids, start=first):
        yield UbiEvent(
            application=query.application,
            action_name="impression",
            query_id=query.query_id,
            client_id=query.client_id,
            timestamp=query.timestamp,
            message_type="IMPRESSION",
            message=query.user_query[:_MOST_CHARACTERS],
            user_query=query.user_query,
            event_attributes=EventAttributes(
                object=UbiObject(object_id=product), position=UbiPosition(ordinal)
            ),
        )


def events_of(warehouse: Warehouse, *, day: date, application: str) -> Iterator[tuple[str, UbiEvent]]:
    """Yield the id of each response to a day's queries, and its document."""
    for row in _rows(warehouse, "ubi_events", day=day):
        action_name, message_type = _ACTIONS[row["type"]]
        session_id: UUID = row["session_id"]
        yield (
            str(row["event_id"]),
            UbiEvent(
                application=application,
                action_name=action_name,
                query_id=str(row["query_id"]),
                client_id=str(row["client_id"]),
                session_id=str(session_id) if session_id.int else "",
                timestamp=row["responded_at"],
                message_type=message_type,
                message=row["user_query"][:_MOST_CHARACTERS],
                user_query=row["user_query"],
                event_attributes=EventAttributes(
                    object=UbiObject(object_id=str(row["product_id"])),
                    position=UbiPosition(row["position"]),
                    quantity=row["quantity"] if row["type"] in _WITH_UNITS else 0,
                ),
            ),
        )


def _attributes(row: Mapping[str, Any]) -> QueryAttributes:
    return QueryAttributes(
        page=row["page"],
        first_position=row["first_position"],
        filters=msgspec.json.decode(row["filters"], type=dict[str, object]),
        index=row["list_version"],
        arms=list(row["arms"]),
        rule_ids=[str(rule) for rule in row["rule_ids"]],
    )


def _rows(warehouse: Warehouse, extract: str, *, day: date) -> Iterator[dict[str, Any]]:
    query = (_EXTRACTS / f"{extract}.sql").read_text(encoding="utf-8")
    with warehouse.row_stream(query, {"day": day, "personal": _PERSONAL}) as (names, rows):
        for row in rows:
            yield dict(zip(names, row, strict=True))
