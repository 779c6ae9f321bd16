"""Plain HTTP requests to the embedded warehouse of a home."""

import http.client
from collections.abc import Mapping
from contextlib import closing
from email.message import Message
from typing import NamedTuple
from urllib.parse import urlencode

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

SECONDS = 20


class HttpResponse(NamedTuple):
    """A response whose body was read."""

    status: int
    headers: Message
    body: bytes

    @property
    def content(self) -> str:
        """Return the body as text."""
        return self.body.decode()


def send(
    settings: PipelineSettings,
    statement: str | bytes = b"",
    *,
    user: str = embedded.USER,
    password: str | None = None,
    method: str = "POST",
    path: str = "/",
    headers: dict[str, str] | None = None,
    more: Mapping[str, str] | None = None,
    **parameters: str,
) -> HttpResponse:
    """Send a statement, in the URL if the method has no body.

    `more` holds URL parameters whose names may not be Python identifiers or collide with other arguments.
    """
    endpoint = embedded.endpoint(embedded.WAREHOUSE, home=settings.home)
    key = {embedded.USER: endpoint.token, embedded.ANALYST: endpoint.analyst_token}.get(user, "")
    sent = {
        "X-ClickHouse-User": user,
        "X-ClickHouse-Key": key if password is None else password,
        **(headers or {}),
    }
    content = statement.encode() if isinstance(statement, str) else statement
    given = {"database": embedded.DATABASE, **parameters, **(more or {})}
    if method != "POST" and content:
        given["query"] = content.decode()
    with closing(http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=SECONDS)) as connection:
        connection.request(
            method, f"{path}?{urlencode(given)}", body=content if method == "POST" else None, headers=sent
        )
        response = connection.getresponse()
        try:
            return HttpResponse(response.status, response.headers, response.read())
        except http.client.IncompleteRead as error:
            return HttpResponse(response.status, response.headers, error.partial)
