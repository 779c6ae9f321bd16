"""The documents of User Behavior Insights 1.3, with the names and types of its schema.

The schema: https://github.com/o19s/ubi/tree/main/schema/1.3.0. A query is one page of results that was shown,
and its id is the exposure id.
"""

from datetime import datetime

import msgspec

OBJECT_ID_FIELD = "product_id"


class QueryAttributes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the query was modified: the page, the filters, the rules that changed the list.

    `index` is the generation of the search index, and `arms` are those of experiments.
    """

    page: int
    first_position: int
    filters: dict[str, object] = {}
    index: str = ""
    arms: list[str] = []
    rule_ids: list[str] = []


class UbiQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A document of `ubi_queries`. The ids of the hits are in the order in which they were shown."""

    application: str
    query_id: str
    client_id: str
    user_query: str
    timestamp: datetime
    object_id_field: str = OBJECT_ID_FIELD
    query_attributes: QueryAttributes
    query_response_id: str
    query_response_hit_ids: list[str]


class UbiObject(msgspec.Struct, frozen=True, kw_only=True):
    """The product of an event."""

    object_id: str
    object_id_field: str = OBJECT_ID_FIELD


class UbiPosition(msgspec.Struct, frozen=True):
    """The position of the product, from 1 through all pages."""

    ordinal: int


class EventAttributes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The product, its position, and for a cart or a purchase the number of units."""

    object: UbiObject
    position: UbiPosition
    quantity: int = 0


class UbiEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document of `ubi_events`. The schema allows `user_query`, which OpenSearch's judgments need."""

    application: str
    action_name: str
    query_id: str
    client_id: str
    session_id: str = ""
    timestamp: datetime
    message_type: str
    message: str
    user_query: str
    event_attributes: EventAttributes
