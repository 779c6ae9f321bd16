"""The ASGI application: reads a body, chooses a pool, sends the response."""

from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import dataclass, field

from backend.api.error_handling import INTERNAL_ERROR
from backend.api.errors import DomainError
from backend.config.errors import ServerBusy
from backend.config.web import gateway, live
from backend.config.web.bodies import read_body
from backend.config.web.gateway import Response, WsgiApplication
from backend.config.web.large_bodies import LargeBodies
from backend.config.web.live import Live
from backend.config.web.protocol import Receive, Scope, Send
from backend.config.web.refusals import REFUSAL, Refusal
from backend.config.web.threads import Threads

_BODILESS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Web:
    """Serves a WSGI application.

    `refusing` is the WSGI application that responds to requests that can't be served; their environment has
    the refusal. A path that begins with a key of `reserved` has its own pool, so it is served even if
    `threads` is busy. In `reserved`, longer keys come first. A response that grants live events becomes a
    stream of them, which needs no thread.
    """

    application: WsgiApplication
    refusing: WsgiApplication
    threads: Threads
    reserved: Mapping[str, Threads] = field(default_factory=dict)
    largest_body: int = 2_621_440
    large_bodies: LargeBodies = field(default_factory=LargeBodies)
    body_seconds: float = 15.0
    live: Live | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        response = await self._respond(scope, receive)
        if self.live is not None and live.is_granted(response):
            try:
                stream = await self.live.open(response)
            except DomainError as error:
                response = self._refused(scope, Refusal.of(error), closes=False)
            else:
                await stream.run(receive, send)
                return
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        is_read = False
        try:
            with self.large_bodies.admit(scope) as larger_limit:
                limit = self.largest_body if larger_limit is None else larger_limit
                body = await self._body(scope, receive, limit=limit)
                is_read = True
                return await self._pool(scope["path"]).run(gateway.call, self.application, scope, body)
        except DomainError as error:
            # Without closing the connection, the unread rest of the body would be read as the next request.
            closes = not (is_read and isinstance(error, ServerBusy))
            return self._refused(scope, Refusal.of(error), closes=closes)
        except Exception as error:  # noqa: BLE001 - logged with the request's id
            # Django handles exceptions of views and middleware; this request failed before it reached Django.
            return self._refused(scope, Refusal.of(INTERNAL_ERROR, cause=error), closes=True)

    def _refused(self, scope: Scope, refusal: Refusal, *, closes: bool) -> Response:
        # In the event loop's own context, log lines of later requests would have this request's id.
        response = copy_context().run(gateway.call, self.refusing, scope, b"", more={REFUSAL: refusal})
        if not closes:
            return response
        return Response(response.status, [*response.headers, (b"Connection", b"close")], response.body)

    async def _body(self, scope: Scope, receive: Receive, *, limit: int) -> bytes:
        if scope["method"] in _BODILESS:
            return b""
        return await read_body(scope, receive, limit=limit, seconds=self.body_seconds)

    def _pool(self, path: str) -> Threads:
        for prefix, threads in self.reserved.items():
            if path.startswith(prefix):
                return threads
        return self.threads
