"""Requests to Elasticsearch as the engine sends them, recorded, so that they can be repeated without it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import urllib3

from indexing.elasticsearch.engine import ElasticsearchEngine


@dataclass(frozen=True, slots=True)
class RawRequest:
    """An HTTP request that can be repeated."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None

    def send(self, pool: urllib3.HTTPConnectionPool) -> bytes:
        """Send the request, and return the body of the response."""
        response = pool.urlopen(self.method, self.target, body=self.body, headers=self.headers)
        assert response.status == 200, response.data[:500]
        return response.data


def recorded(engine: ElasticsearchEngine, call: Callable[[], object]) -> list[RawRequest]:
    """Return the requests that `call` sends to the cluster."""
    (node,) = engine._client.transport.node_pool.all()
    requests: list[RawRequest] = []
    perform = node.perform_request

    def recording(method: str, target: str, body: bytes | None = None, **options: Any) -> Any:
        requests.append(RawRequest(method, target, dict(options["headers"] or {}), body))
        return perform(method, target, body=body, **options)

    node.perform_request = recording  # type: ignore[method-assign, assignment]
    try:
        call()
    finally:
        del node.perform_request  # the method of its class again
    return requests
