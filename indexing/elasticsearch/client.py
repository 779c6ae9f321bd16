"""The connection to the cluster, its deadlines, and the translation of its errors."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec
from elastic_transport import ObjectApiResponse
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError
from elasticsearch.serializer import JsonSerializer, NdjsonSerializer

from indexing.errors import GenerationNotFound, IndexMissing, SearchEngineUnavailable

NAME = "elasticsearch"
SEARCH_SECONDS = 2.0
"""For all requests of one search, suggestion or health check."""
MANAGEMENT_SECONDS = 30.0
"""For a request that creates, swaps or drops an index."""
BATCH_SECONDS = 30.0
"""For a request that reads a batch of documents."""
WRITE_SECONDS = 60.0
"""For a request that writes a batch of documents."""
WRITE_RETRIES = 2

NOT_FOUND = 404
OVERLOADED = frozenset((429, 502, 503, 504))


class _Json(JsonSerializer):
    """JSON by msgspec, which takes a fifth of the time that the standard library takes for a page of hits."""

    def json_dumps(self, data: Any) -> bytes:
        """Return `data` as JSON."""
        return msgspec.json.encode(data, enc_hook=self.default)

    def json_loads(self, data: bytes) -> Any:
        """Return the value of `data`."""
        return msgspec.json.decode(data)


class _JsonLines(NdjsonSerializer, _Json):
    """Lines of JSON by msgspec."""


def connect(url: str) -> Elasticsearch:
    """Return a client; nothing is sent yet.

    It doesn't retry: a retry would multiply the deadline, and the caller of a search can repeat it.
    """
    return Elasticsearch(
        url,
        request_timeout=SEARCH_SECONDS,
        max_retries=0,
        retry_on_timeout=False,
        serializers={each.mimetype: each for each in (_Json(), _JsonLines())},
    )


class Deadline:
    """The time that all requests of one operation may take together."""

    def __init__(self, seconds: float) -> None:
        """Start the time now."""
        self._seconds = seconds
        self._ends_at = time.monotonic() + seconds

    def on(self, client: Elasticsearch) -> Elasticsearch:
        """Return `client` with the remaining time as the deadline of its next request.

        Raises:
            SearchEngineUnavailable: no time remains.
        """
        remaining = self._ends_at - time.monotonic()
        if remaining <= 0:
            raise SearchEngineUnavailable(NAME, f"no response within {self._seconds:g} seconds")
        return client.options(request_timeout=remaining)


@contextmanager
def translated_errors(generation: str | None = None) -> Iterator[None]:
    """Translate the cluster's failures to search errors; an invalid request remains an ApiError.

    `generation` is the index of the request, or None for the serving one.
    """
    try:
        yield
    except TransportError as error:
        raise SearchEngineUnavailable(NAME, error.message) from error
    except NotFoundError as error:
        raise (IndexMissing(NAME) if generation is None else GenerationNotFound(generation)) from error
    except ApiError as error:
        if error.status_code in OVERLOADED:
            raise SearchEngineUnavailable(NAME, str(error)) from error
        raise


Response = Mapping[str, Any]


def responses(response: ObjectApiResponse[Any]) -> list[Response]:
    """Return the responses to the searches of a multi-search.

    Raises:
        NotFoundError: the index of a search does not exist.
        ApiError: a search failed.
    """
    found: list[Response] = response["responses"]
    for each in found:
        if "error" in each:
            kind = NotFoundError if each["status"] == NOT_FOUND else ApiError
            meta = replace(response.meta, status=each["status"])
            raise kind(each["error"]["type"], meta, each)
    return found
