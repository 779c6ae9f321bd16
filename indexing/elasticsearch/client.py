"""The connection, and what its failures mean."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from elastic_transport import ObjectApiResponse
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from indexing.engine import IndexMissing, SearchEngineUnavailable

NAME = "elasticsearch"
SEARCH_SECONDS = 5.0
"""After which a shopper has left anyway."""
WRITE_SECONDS = 60.0

NOT_FOUND = 404
OVERLOADED = frozenset((429, 502, 503, 504))


def connect(url: str) -> Elasticsearch:
    """Return a client; nothing is sent yet."""
    return Elasticsearch(url, request_timeout=SEARCH_SECONDS, max_retries=1)


@contextmanager
def answering() -> Iterator[None]:
    """Turn the failures of a cluster into ours; what was asked wrongly stays an ApiError."""
    try:
        yield
    except TransportError as error:
        raise SearchEngineUnavailable(NAME, error.message) from error
    except NotFoundError as error:
        raise IndexMissing(NAME) from error
    except ApiError as error:
        if error.status_code in OVERLOADED:
            raise SearchEngineUnavailable(NAME, str(error)) from error
        raise


Answer = Mapping[str, Any]


def answers(response: ObjectApiResponse[Any]) -> list[Answer]:
    """Return the answers of several searches. Raises what the first that failed would have raised alone."""
    found: list[Answer] = response["responses"]
    for answer in found:
        if "error" in answer:
            kind = NotFoundError if answer["status"] == NOT_FOUND else ApiError
            meta = replace(response.meta, status=answer["status"])
            raise kind(answer["error"]["type"], meta, answer)
    return found
