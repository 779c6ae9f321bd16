"""The event types: what a shopper did or was shown, as it is sent and as it is stored.

Clients generate one UUIDv7 for each event and repeat it when they send the event again; its time is the time
of the event. Each field is stored in the column of the same name (`columns.py`).
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, get_args
from uuid import UUID

import msgspec

from analytics_pipeline import uuid7
from analytics_pipeline.columns import columns_of, table_columns

# Documented in docs/events.md; raised when a type or a field is added.
VOCABULARY_VERSION = 7
MAX_EVENTS = 500
MAX_PROPERTIES = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Units = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Position = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Query = Annotated[str, msgspec.Meta(max_length=500)]
Name = Annotated[str, msgspec.Meta(max_length=100)]
Ids = Annotated[tuple[Id, ...], msgspec.Meta(max_length=500)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=50)]
Sources = Annotated[tuple[Name, ...], msgspec.Meta(max_length=500)]
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
Probabilities = Annotated[tuple[Probability, ...], msgspec.Meta(max_length=500)]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Address = Annotated[str, msgspec.Meta(max_length=500)]
Stars = Annotated[int, msgspec.Meta(ge=1, le=5)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
Properties = Annotated[dict[Key, Text | Integer | float | bool], msgspec.Meta(max_length=MAX_PROPERTIES)]


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    # Events can't form cycles, so the garbage collector needn't track millions of them.
    gc=False,
    tag_field="type",
):
    """The fields that every event has.

    `session_id` identifies the visit, and `properties` are data that a shop adds. In the types that have one,
    `exposure_id` identifies the list that led to the event.
    """

    event_id: UUID
    session_id: UUID | None = None
    properties: Properties | None = None

    @property
    def type(self) -> str:
        return str(self.__struct_config__.tag)

    @property
    def occurred_at(self) -> datetime:
        """The time in the event's id, to the millisecond."""
        return _EPOCH + timedelta(milliseconds=self.milliseconds)

    @property
    def milliseconds(self) -> int:
        """The time in the event's id since 1970; an id can hold later times than a datetime."""
        return uuid7.milliseconds(self.event_id)


class PageView(Event, frozen=True, tag="page_view"):
    """A page of the shop was opened: `path` is its address without the host.

    `referrer` is the address of the page that led to it. `source`, `medium` and `campaign` are the values of
    `utm_source`, `utm_medium` and `utm_campaign` in the page's address.
    """

    path: Address
    referrer: Address = ""
    source: Name = ""
    medium: Name = ""
    campaign: Name = ""


class Search(Event, frozen=True, tag="search"):
    """A shopper sent a search query."""

    query: Query
    exposure_id: UUID | None = None


class Exposure(Event, frozen=True, tag="exposure"):
    """A list was shown; its `event_id` is the exposure id.

    A recommendation that was shown is an exposure whose `surface` is `recommendations`, with its `slot` and
    `algorithm`. A recommendation that was clicked is a `click` with the `exposure_id` of that list.

    `list_version` is the model version or index generation that made the list, `arms` the experiments' arms.
    `rule_ids` are the query rules that changed it, `pinned_ids` the products whose place a rule decided, and
    `pinned_by` has that rule for each of them. `first_position` is the position in the whole list, from 1, of
    the page's first product.

    Of a list of recommendations, `sources` says for each of `product_ids` where it was found. If a part of
    the lists is shuffled, `propensities` has for each of them the probability of this product at this
    position; otherwise it is empty.
    """

    surface: Name
    product_ids: Ids
    query: str = ""
    filters: str = "{}"
    slot: Name = ""
    algorithm: Name = ""
    list_version: Name = ""
    arms: Names = ()
    page: Position = 1
    first_position: Position | None = None
    rule_ids: Ids = ()
    pinned_ids: Ids = ()
    pinned_by: Ids = ()
    sources: Sources = ()
    propensities: Probabilities = ()


class Seen(Event, frozen=True, tag="seen"):
    """These products of a list came into view, as the client reports; no revenue is credited for it."""

    exposure_id: UUID
    product_ids: Ids


class Facet(Event, frozen=True, tag="facet"):
    """A value of a facet was selected beside a list, or with `is_selected` false, deselected."""

    facet: Name
    value: Text
    is_selected: bool = True
    exposure_id: UUID | None = None


class Click(Event, frozen=True, tag="click"):
    """A product in a list was clicked.

    `position` counts from 1 through all pages of the list, as the client reports it. Reports take it from the
    list that was shown.
    """

    product_id: Id
    exposure_id: UUID | None = None
    position: Position | None = None


class SuggestionChosen(Event, frozen=True, tag="suggestion"):
    """A suggestion was chosen: `query` is its text, `slot` its kind, `position` its place, from 1.

    The search that follows names the kind in its parameter `suggestion`. A suggested product has the
    `exposure_id` of its list.
    """

    query: Query
    slot: Name
    position: Position
    product_id: Id | None = None
    exposure_id: UUID | None = None


class View(Event, frozen=True, tag="view"):
    """A product's page was viewed."""

    product_id: Id
    exposure_id: UUID | None = None


class Dwell(Event, frozen=True, tag="dwell"):
    """For how long the page of a product was visible, in milliseconds; sent when the shopper leaves it.

    `view_id` is the `event_id` of the page's `view`. That event can't have the time, because an event that
    is sent twice must have the same content.
    """

    product_id: Id
    view_id: UUID
    visible_ms: Milliseconds


class CartAdd(Event, frozen=True, tag="cart_add"):
    """Units of a product were added to a cart, as the client reports.

    Models don't learn from it, only from `carted`.
    """

    product_id: Id
    variant_id: Id | None = None
    quantity: Units = 1
    exposure_id: UUID | None = None


class CartRemove(Event, frozen=True, tag="cart_remove"):
    """Units of a product were removed from a cart."""

    product_id: Id
    variant_id: Id | None = None
    quantity: Units = 1


class WishlistAdd(Event, frozen=True, tag="wishlist_add"):
    """A product was added to a wishlist, as the client reports. Models don't learn from it."""

    product_id: Id
    variant_id: Id | None = None
    exposure_id: UUID | None = None


class WishlistRemove(Event, frozen=True, tag="wishlist_remove"):
    """A product was removed from a wishlist."""

    product_id: Id
    variant_id: Id | None = None
    exposure_id: UUID | None = None


class Checkout(Event, frozen=True, tag="checkout"):
    """A step of the checkout was reached.

    Recommended names of steps are `contact`, `address`, `shipping`, `payment` and `review`.
    """

    step: Name


class Review(Event, frozen=True, tag="review"):
    """A product was rated, as the client reports. Models don't learn from it.

    The ratings that the shop shows are those of its own reviews.
    """

    product_id: Id
    rating: Stars


class Share(Event, frozen=True, tag="share"):
    """The page of a product was shared, for example by the `channel` `email`."""

    product_id: Id
    channel: Name


class Custom(Event, frozen=True, tag="custom"):
    """An event of the shop's own: staff register its `name`, and the names and types of its `properties`.

    Events with other names or properties are refused, until staff register them at `/api/events/names/`.
    """

    name: Name
    product_id: Id | None = None
    exposure_id: UUID | None = None


class Login(Event, frozen=True, tag="login"):
    """A shopper logged in to an account. What the guest did before counts for the account from then on."""


class Logout(Event, frozen=True, tag="logout"):
    """A shopper logged out of an account."""


class Carted(Event, frozen=True, tag="carted"):
    """A product was added to a cart, as the shop's own cart recorded it."""

    product_id: Id
    variant_id: Id | None = None
    quantity: Units = 1
    exposure_id: UUID | None = None


class OrderPlaced(Event, frozen=True, tag="order"):
    """Units of a product were ordered; amounts are only in the order facts.

    The shop stores it when the order is confirmed, with the time at which it was placed. `order_id` is the
    order in the shop's database. Events of version 5 and earlier have none.
    """

    product_id: Id
    variant_id: Id | None = None
    quantity: Units = 1
    exposure_id: UUID | None = None
    order_id: Id | None = None


AnyEvent = (
    PageView
    | Search
    | Exposure
    | Seen
    | Facet
    | Click
    | SuggestionChosen
    | View
    | Dwell
    | CartAdd
    | CartRemove
    | WishlistAdd
    | WishlistRemove
    | Checkout
    | Review
    | Share
    | Custom
    | Login
    | Logout
    | Carted
    | OrderPlaced
)
SERVER_ONLY = (Exposure, Login, Logout, Carted, OrderPlaced)
EVENT_TYPES: tuple[type[Event], ...] = get_args(AnyEvent)
CLIENT_TYPES = tuple(kind for kind in EVENT_TYPES if kind not in SERVER_ONLY)
COLUMNS = columns_of(EVENT_TYPES, table=table_columns())

_encoder = msgspec.json.Encoder(order="deterministic")


class Refused(msgspec.Struct, frozen=True):
    """A refused event with the reason.

    `index` is its position in the batch, from 0. `payload` is its text, truncated if it is long. `type` is
    empty if it isn't known, `fault` (`validation.Fault`) if an earlier release refused the event.
    """

    index: int
    reason: str
    payload: str
    type: str = ""
    fault: str = ""


def contents(events: Iterable[AnyEvent]) -> tuple[int, ...]:
    """Return 64 bits of a hash of each event: equal for two copies of one event, different for two events.

    Fields with their default value are not hashed, so a new field leaves the hashes of older events
    unchanged.
    """
    encode = _encoder.encode
    digests = [blake2b(encode(event), digest_size=8).digest() for event in events]
    return struct.unpack(f">{len(digests)}Q", b"".join(digests))


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event with the facts of its arrival.

    Of several copies, the one with the smallest `number` wins. `clock_offset` is the correction for the
    client's clock, to be added to the event's time, in milliseconds. `source_key` is the key of the network
    from which a client sent it (`sources.py`), 0 for events of the server. `device`, `is_bot` and `consent`
    describe the client whose request led to the event, and its shopper's choice; they are empty and false if
    they aren't known.
    """

    event: AnyEvent
    shopper_key: UUID | None
    arrived_at: datetime
    number: int
    clock_offset: int = 0
    source_key: int = 0
    device: str = ""
    is_bot: bool = False
    consent: str = ""
