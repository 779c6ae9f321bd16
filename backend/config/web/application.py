"""The ASGI application: reads a body, chooses a pool, sends the response."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
import structlog

from backend.api.error_handling import INTERNAL_ERROR, error_body
from backend.api.errors import DomainError
from backend.config.errors import ServerBusy
from backend.config.web import gateway
from backend.config.web.bodies import read_body
from backend.config.web.gateway import Response, WsgiApplication
from backend.config.web.protocol import ClientGone, Receive, Scope, Send
from backend.config.web.threads import Threads

logger = structlog.get_logger(__name__)

_BODILESS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Web:
    """Serves a WSGI application.

    A path that begins with a key of `reserved` has its own pool, so it is served however busy `threads` is.
    Longer keys come first.
    """

    application: WsgiApplication
    threads: Threads
    reserved: Mapping[str, Threads] = field(default_factory=dict)
    largest_body: int = 2_621_440
    body_seconds: float = 15.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        try:
            response = await self._respond(scope, receive)
        except ClientGone:
            return
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        try:
            body = await self._body(scope, receive)
            return await self._pool(scope["path"]).run(gateway.call, self.application, scope, body)
        except DomainError as error:
            logger.warning(error.code, path=scope["path"])
            return _refusal(error)
        except ClientGone:
            raise
        except Exception:
            # Django handles what views and middleware raise; this request failed before it reached Django.
            logger.exception("request_failed", path=scope["path"])
            return _envelope(
                INTERNAL_ERROR.message, code=INTERNAL_ERROR.code, details={}, status=INTERNAL_ERROR.status
            )

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        if scope["method"] in _BODILESS:
            return b""
        return await read_body(scope, receive, limit=self.largest_body, seconds=self.body_seconds)

    def _pool(self, path: str) -> Threads:
        for prefix, threads in self.reserved.items():
            if path.startswith(prefix):
                return threads
        return self.threads


def _refusal(error: DomainError) -> Response:
    headers = dict(error.headers)
    if not isinstance(error, ServerBusy):
        # The unread rest of the request would be taken for the next request.
        headers["Connection"] = "close"
    return _envelope(
        error.message, code=error.code, details=error.details, status=error.status, headers=headers
    )


def _envelope(
    message: str, *, code: str, details: object, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    body = orjson.dumps(error_body(message, code=code, details=details, status=status))
    sent = {"Content-Type": "application/json", **(headers or {})}
    return Response(status, [(name.encode(), value.encode()) for name, value in sent.items()], body)
