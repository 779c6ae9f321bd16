"""The JSON of requests and replies.

Of a reply to a search, the documents and the aggregations are decoded only when they are read, because a
process has read most of them before.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

import msgspec
from elasticsearch.serializer import JsonSerializer


class Json(JsonSerializer):
    """JSON by msgspec, which takes a fifth of the time that the standard library takes for a page of hits."""

    def json_dumps(self, data: Any) -> bytes:
        """Return `data` as JSON."""
        return msgspec.json.encode(data, enc_hook=self.default)

    def json_loads(self, data: bytes) -> Any:
        """Return the value of `data`."""
        return msgspec.json.decode(data)


class Aggregations(Mapping[str, Any]):
    """The aggregations of a reply by name, each decoded whenever it is read."""

    def __init__(self, stored: Mapping[str, msgspec.Raw]) -> None:
        """Decode from `stored`."""
        # Copied, because a part of a reply would keep the whole in memory.
        self._stored = {name: bytes(part) for name, part in stored.items()}

    @property
    def content(self) -> tuple[tuple[str, bytes], ...]:
        """What was counted, as JSON by name."""
        return tuple(self._stored.items())

    def __getitem__(self, name: str) -> Any:
        return msgspec.json.decode(self._stored[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


class _Source(TypedDict, total=False):
    document: msgspec.Raw
    passage: dict[str, Any]


class _Hit(TypedDict, total=False):
    _id: str
    _score: float | None
    _source: _Source
    fields: dict[str, list[Any]]
    sort: list[Any]


class _Document(TypedDict, total=False):
    _id: str
    found: bool
    _source: _Source
    error: Any


class _Hits(TypedDict, total=False):
    total: dict[str, Any]
    hits: list[_Hit]


class _Reply(TypedDict, total=False):
    responses: list["_Reply"]
    hits: _Hits
    docs: list[_Document]
    aggregations: dict[str, msgspec.Raw]
    error: Any
    status: int


_decoder = msgspec.json.Decoder(_Reply)
_encoder = msgspec.json.Encoder(enc_hook=Json().default)
encode = _encoder.encode
"""Return a search as JSON."""
encode_lines = _encoder.encode_lines
"""Return the parts of a multi-search as lines of JSON."""


def reply_of(content: bytes) -> dict[str, Any]:
    """Return the parts that are used of a reply to searches; its documents are JSON as they were stored.

    Raises:
        msgspec.DecodeError: it isn't JSON.
    """
    reply: dict[str, Any] = dict(_decoder.decode(content))
    for each in (reply, *reply.get("responses", ())):
        if "aggregations" in each:
            each["aggregations"] = Aggregations(each["aggregations"])
    return reply
