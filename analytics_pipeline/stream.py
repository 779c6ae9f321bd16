"""The stream between intake and the warehouse: one request is one entry of a Redis stream."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from analytics_pipeline import clocks
from analytics_pipeline.allowances import (
    Allowance,
    AllowanceExceeded,
    GuestAllowance,
    TooManyGuests,
    guest_arguments,
    guest_keys,
)
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import AnyEvent, Refused
from analytics_pipeline.recent import (
    KEPT,
    KEPT_FOR,
    SESSION_GAP,
    VIEWS_KEPT,
    products_key,
    search_text,
    searches_key,
    session_key,
)
from analytics_pipeline.redis_client import Connection, Script
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.tombstones import TOMBSTONES_KEY

# Entries in a format that the previous release can't read get another key: during an upgrade that release's
# consumer would otherwise take and lose them. The consumer reads the previous key as well.
# The key changes once a release, if an event type or a field of one is new or the encoding differs; a new
# field of `Batch` with a default is ignored by older consumers.
KEY = "vitrine:events:2"
PREVIOUS_KEY = "vitrine:events"
GROUP = "warehouse"
CONSUMER = "ingest"
_FIELD = b"batch"
_SEQUENCE_BITS = 20
_LAST_SEQUENCE = 2**20 - 1
_TIMEOUT_SECONDS = 5


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """How many events of one type were refused for reasons of one kind (`validation.Fault`)."""

    type: str
    fault: str
    events: int


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one request, and the refused ones that become dead letters.

    `refusals` count all refused events, also those that no dead letter is kept of.

    `clock_offset` is to be added to the events' times, in milliseconds; `source_key` is the key of the
    network from which the request came (`sources.py`), 0 for the server's own events. `device` and `is_bot`
    describe the client whose request it was, `consent` is the shopper's choice about tracking.
    """

    arrived_at: datetime
    shopper_key: UUID | None
    events: tuple[AnyEvent, ...]
    refused: tuple[Refused, ...] = ()
    clock_offset: int = 0
    source_key: int = 0
    device: str = ""
    is_bot: bool = False
    consent: str = ""
    refusals: tuple[Refusal, ...] = ()


def refusals_of(refused: Iterable[Refused]) -> tuple[Refusal, ...]:
    """Return how many events were refused, by type and kind of reason."""
    counted = Counter((each.type, each.fault) for each in refused)
    return tuple(
        Refusal(type=type_, fault=fault, events=count) for (type_, fault), count in sorted(counted.items())
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was read from the stream `key`; `payload` is None if it was deleted meanwhile."""

    id: str
    payload: bytes | None
    key: str

    @property
    def name(self) -> str:
        """The entry's identity among dead letters, because two streams may have entries with the same id.

        For entries of the previous key it is the id alone, as the previous release writes it.
        """
        return self.id if self.key == PREVIOUS_KEY else f"{self.id}@{self.key}"

    @property
    def number(self) -> int:
        """The entry's position in the stream; later entries have greater numbers."""
        milliseconds, _, sequence = self.id.partition("-")
        return (int(milliseconds) << _SEQUENCE_BITS) + min(int(sequence), _LAST_SEQUENCE)


def number_at(moment: datetime) -> int:
    """Return the number of an entry that arrives at this time, for events that don't pass through the stream.

    The microseconds replace the sequence number, so different times have different numbers.
    """
    return (clocks.milliseconds(moment) << _SEQUENCE_BITS) + moment.microsecond % 1_000


@dataclass(frozen=True, slots=True)
class StreamLag:
    """How far the warehouse is behind: entries not yet stored, and the age of the oldest in seconds."""

    entries: int
    seconds: float


_APPEND = Script((Path(__file__).parent / "append.lua").read_text(encoding="utf-8"))
_APPEND_SEARCH = Script((Path(__file__).parent / "append_search.lua").read_text(encoding="utf-8"))
# MessagePack with UUIDs as 16 bytes: half of JSON's size.
_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
_decoder = msgspec.msgpack.Decoder(Batch)
_json_encoder = msgspec.json.Encoder()
_json_decoder = msgspec.json.Decoder(Batch)


def encode(batch: Batch) -> bytes:
    """Return the batch as the content of an entry."""
    return _encoder.encode(batch)


def decode(payload: bytes) -> Batch:
    """Return the batch in an entry: MessagePack, or JSON as in dead letters and under the previous key.

    Raises:
        msgspec.DecodeError: the payload isn't a batch.
        UnicodeDecodeError: a string isn't valid UTF-8.
    """
    return _json_decoder.decode(payload) if payload.startswith(b"{") else _decoder.decode(payload)


def as_text(payload: bytes) -> str:
    """Return an entry's content as JSON, or as escaped bytes if it can't be decoded."""
    try:
        return _json_encoder.encode(decode(payload)).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return payload.decode(errors="backslashreplace")


class Stream:
    """The stream of one installation. Every method raises StreamUnavailable."""

    def __init__(
        self, settings: PipelineSettings, *, key: str = KEY, timeout_seconds: float = _TIMEOUT_SECONDS
    ) -> None:
        self.settings = settings
        self.key = key
        self._connection = Connection(settings, timeout_seconds=timeout_seconds)

    def append(
        self,
        batch: Batch,
        *,
        recent: Mapping[int, float] | None = None,
        viewed: Mapping[str, float] | None = None,
        allowance: Allowance | None = None,
        guest_allowance: GuestAllowance | None = None,
    ) -> str:
        """Append a batch and return its entry's id, in one round trip.

        `recent` are the products that the shopper interacted with, and `viewed` the members of the views
        (`recent.view_member`), each with its UNIX time; `allowance` limits the requests, `guest_allowance`
        the guests if the shopper is one.

        Raises:
            StreamFull: Redis has no memory left; nothing was accepted.
            AllowanceExceeded: too many requests; nothing was accepted.
            TooManyGuests: too many guests at this address; nothing was accepted.
        """
        if not recent and not viewed and allowance is None and guest_allowance is None:
            return self.append_raw(encode(batch))
        return self._append(
            encode(batch),
            batch.shopper_key,
            recent=recent or {},
            viewed=viewed or {},
            allowance=allowance,
            guest_allowance=guest_allowance,
        )

    def append_search(self, batch: Batch, *, shopper_key: UUID, text: str) -> str:
        """Append the list of a search and remember the search for its shopper, in one round trip.

        Raises:
            StreamFull: Redis has no memory left; nothing was accepted.
        """
        keys = [self.key, searches_key(shopper_key), products_key(shopper_key), TOMBSTONES_KEY]
        searched_at = batch.arrived_at.timestamp()
        arguments = [encode(batch), searched_at, search_text(text), KEPT, int(KEPT_FOR.total_seconds())]
        appended = self._connection.call(lambda client: _APPEND_SEARCH(client, keys=keys, args=arguments))
        return str(appended.decode())

    def append_raw(self, payload: bytes) -> str:
        """Append an encoded entry."""
        return str(self._connection.call(lambda client: client.xadd(self.key, {_FIELD: payload})).decode())

    def count(self, allowance: Allowance) -> None:
        """Count a request; raises AllowanceExceeded."""
        self._append(b"", None, recent={}, viewed={}, allowance=allowance, guest_allowance=None)

    def _append(
        self,
        payload: bytes,
        shopper_key: UUID | None,
        *,
        recent: Mapping[int, float],
        viewed: Mapping[str, float],
        allowance: Allowance | None,
        guest_allowance: GuestAllowance | None,
    ) -> str:
        owner = shopper_key or NIL_UUID
        keys = [self.key, allowance.key if allowance else "", products_key(owner)]
        keys += [*guest_keys(guest_allowance), TOMBSTONES_KEY, session_key(owner)]
        limit, window = (allowance.limit, allowance.seconds * 1_000) if allowance else (0, 0)
        arguments: list[Any] = [payload, limit, window, KEPT, int(KEPT_FOR.total_seconds())]
        arguments += guest_arguments(shopper_key, guest_allowance)
        arguments += [VIEWS_KEPT, int(SESSION_GAP.total_seconds())]
        pairs = [(seconds, member) for added in (recent, viewed) for member, seconds in added.items()]
        if shopper_key is None:
            arguments.append(0)
        else:
            arguments += [2 * len(recent), *chain.from_iterable(pairs)]
        response = self._connection.call(lambda client: _APPEND(client, keys=keys, args=arguments))
        if isinstance(response, int):
            if response < 0:
                raise TooManyGuests(seconds=-response / 1_000)
            raise AllowanceExceeded(seconds=response / 1_000)
        return str(response.decode())

    def erased(self) -> frozenset[str]:
        """Return the tombstones of erased shoppers."""
        found = self._connection.call(lambda client: client.zrange(TOMBSTONES_KEY, 0, -1))
        return frozenset(one.decode() for one in found)

    def open(self) -> None:
        """Create the stream and its consumer group, from the first entry on, if they don't exist."""
        import redis  # noqa: PLC0415 - only processes that connect need it

        def create(client: Any) -> None:
            try:
                client.xgroup_create(self.key, GROUP, id="0", mkstream=True)
            except redis.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

        self._connection.call(create)

    def unacknowledged(self, *, count: int) -> list[Entry]:
        """Return the oldest entries that this consumer has taken and not acknowledged."""
        return self._read("0", count=count, block=None)

    def take(self, *, count: int, block_seconds: float | None) -> list[Entry]:
        """Return entries that have not been taken yet; wait at most `block_seconds` for the first one."""
        block = None if block_seconds is None else max(1, int(block_seconds * 1_000))
        return self._read(">", count=count, block=block)

    def acknowledge(self, ids: list[str]) -> None:
        """Record that these entries were stored."""
        if ids:
            self._connection.call(lambda client: client.xack(self.key, GROUP, *ids))

    def trim(self) -> None:
        """Delete the entries before the oldest unacknowledged one."""

        def drop(client: Any) -> None:
            groups = client.xinfo_groups(self.key)
            oldest = client.xpending(self.key, GROUP)["min"]
            keep_from = oldest or _after(groups[0]["last-delivered-id"])
            client.xtrim(self.key, minid=keep_from, approximate=False)

        self._connection.call(drop)

    def lag(self, *, now: datetime) -> StreamLag:
        """Return how far behind the consumer is."""

        def measure(client: Any) -> StreamLag:
            # After trimming, the stream holds the entries that aren't stored and at most one batch that is.
            pending = client.xpending(self.key, GROUP)
            group = client.xinfo_groups(self.key)[0]
            last = group["last-delivered-id"].decode()
            waiting = client.xrange(self.key, min=f"({last}", count=1)
            oldest = (pending["min"] or (waiting[0][0] if waiting else b"")).decode()
            entries = int(pending["pending"]) + int(group.get("lag") or 0)
            if not oldest:
                return StreamLag(entries=0, seconds=0.0)
            age = now - datetime.fromtimestamp(int(oldest.partition("-")[0]) / 1_000, UTC)
            return StreamLag(entries=max(entries, 1), seconds=max(0.0, age.total_seconds()))

        self.open()
        return self._connection.call(measure)

    def delete(self) -> None:
        """Delete every entry, stored or not."""
        self._connection.call(lambda client: client.delete(self.key))

    def ping(self) -> None:
        """Raise StreamUnavailable unless Redis responds."""
        self._connection.call(lambda client: client.ping())

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._connection.close()

    def _read(self, start: str, *, count: int, block: int | None) -> list[Entry]:
        def read(client: Any) -> Any:
            # redis-py's own parser makes a dictionary of each entry, which takes longer than the rest of the
            # call.
            client.response_callbacks.pop("XREADGROUP", None)
            return client.xreadgroup(GROUP, CONSUMER, {self.key: start}, count=count, block=block)

        found = self._connection.call(read)
        if not found:
            return []
        # A list of pairs in protocol 2, a map in protocol 3; each entry is its id and a list of fields.
        entries = next(iter(found.values())) if isinstance(found, dict) else found[0][1]
        return [
            Entry(id=id_.decode(), payload=fields[1] if fields else None, key=self.key)
            for id_, fields in entries
        ]


def _after(id_: bytes) -> str:
    milliseconds, _, sequence = id_.decode().partition("-")
    return f"{milliseconds}-{int(sequence) + 1}"
