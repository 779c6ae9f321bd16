"""The connection to the cluster, its deadlines, and the translation of its errors."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import msgspec
from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders, Urllib3HttpNode
from elasticsearch import ApiError, Elasticsearch, NotFoundError, SerializationError, TransportError
from elasticsearch.exceptions import HTTP_EXCEPTIONS
from elasticsearch.serializer import NdjsonSerializer

from indexing.elasticsearch.replies import Json, encode, encode_lines, reply_of
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

INDEX_NOT_FOUND = "index_not_found_exception"
OVERLOADED = frozenset((429, 502, 503, 504))


class _JsonLines(NdjsonSerializer, Json):
    """Lines of JSON by msgspec."""


def connect(url: str, *, node_class: type[BaseNode] = Urllib3HttpNode) -> Elasticsearch:
    """Return a client that sends requests with `node_class`; nothing is sent yet.

    It doesn't retry: a retry would multiply the deadline, and the caller of a search can repeat it.
    """
    return Elasticsearch(
        url,
        request_timeout=SEARCH_SECONDS,
        max_retries=0,
        retry_on_timeout=False,
        serializers={each.mimetype: each for each in (Json(), _JsonLines())},
        node_class=node_class,
    )


class Deadline:
    """The time that all requests of one operation may take together."""

    def __init__(self, seconds: float) -> None:
        """Start the time now."""
        self._seconds = seconds
        self._ends_at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the remaining seconds.

        Raises:
            SearchEngineUnavailable: no time remains.
        """
        remaining = self._ends_at - time.monotonic()
        if remaining <= 0:
            raise SearchEngineUnavailable(NAME, f"no response within {self._seconds:g} seconds")
        return remaining

    def on(self, client: Elasticsearch) -> Elasticsearch:
        """Return `client` with the remaining time as the deadline of its next request.

        Raises:
            SearchEngineUnavailable: no time remains.
        """
        return client.options(request_timeout=self.remaining())


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

_JSON_HEADERS = HttpHeaders({"accept": Json.mimetype, "content-type": Json.mimetype})
_LINES_HEADERS = HttpHeaders({"accept": Json.mimetype, "content-type": _JsonLines.mimetype})


def search(client: Elasticsearch, index: str, body: Mapping[str, Any], *, deadline: Deadline) -> Response:
    """Return the response to one search.

    Raises:
        NotFoundError: the index does not exist.
        ApiError: the search failed.
    """
    _, found = _sent(client, f"/{index}/_search", encode(body), headers=_JSON_HEADERS, deadline=deadline)
    return found


def search_all(
    client: Elasticsearch, lines: Sequence[Mapping[str, Any]], *, deadline: Deadline
) -> list[Response]:
    """Return the responses to the searches of a multi-search, each a header and a body of `lines`.

    Raises:
        NotFoundError: the index of a search does not exist.
        ApiError: a search failed.
    """
    content = encode_lines(lines)
    meta, response = _sent(client, "/_msearch", content, headers=_LINES_HEADERS, deadline=deadline)
    found: list[Response] = response["responses"]
    for each in found:
        if "error" in each:
            raise _failure(replace(meta, status=each["status"]), each)
    return found


def documents(
    client: Elasticsearch, index: str, ids: Sequence[int], *, source: str, deadline: Deadline
) -> list[Response]:
    """Return the parts `source` of those documents that searches find now, each with its id.

    Raises:
        NotFoundError: the index does not exist.
        ApiError: the cluster can't read a document now.
    """
    target = f"/{index}/_mget?_source_includes={source}&realtime=false"
    body = {"ids": [str(each) for each in ids]}
    meta, response = _sent(client, target, encode(body), headers=_JSON_HEADERS, deadline=deadline)
    found: list[Response] = response["docs"]
    for each in found:
        if "error" in each:
            missing = each["error"]["type"] == INDEX_NOT_FOUND
            status = HTTPStatus.NOT_FOUND if missing else HTTPStatus.SERVICE_UNAVAILABLE
            raise _failure(replace(meta, status=status), each)
    return [each for each in found if each["found"]]


def _sent(
    client: Elasticsearch, target: str, content: bytes, *, headers: HttpHeaders, deadline: Deadline
) -> tuple[ApiResponseMeta, Response]:
    # By the node itself: all that the client and its transport would add for a request that isn't retried is
    # time, about as much as urllib3 takes.
    (node,) = client.transport.node_pool.all()
    meta, received = node.perform_request(
        "POST", target, body=content, headers=headers, request_timeout=deadline.remaining()
    )
    try:
        response = reply_of(received)
    except msgspec.DecodeError as error:
        if meta.status < HTTPStatus.BAD_REQUEST:
            raise SerializationError(f"the reply isn't JSON: {error}", errors=(error,)) from error
        response = {}
    if meta.status >= HTTPStatus.BAD_REQUEST:
        raise _failure(meta, response)
    return meta, response


def _failure(meta: ApiResponseMeta, response: Response) -> ApiError:
    """Return the client's exception for a failed request or search."""
    error = response.get("error")
    message = error.get("type", "") if isinstance(error, dict) else str(error or "")
    return HTTP_EXCEPTIONS.get(meta.status, ApiError)(message, meta, response)
