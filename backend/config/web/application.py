"""The ASGI application: reads a body, chooses a pool, sends the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
import structlog

from backend.api.error_handling import INTERNAL_ERROR, error_body
from backend.api.errors import DomainError
from backend.config.errors import ServerBusy
from backend.config.web import gateway
from backend.config.web.bodies import read_body
from backend.config.web.gateway import Answer, WsgiApplication
from backend.config.web.protocol import ClientGone, Receive, Scope, Send
from backend.config.web.threads import Threads

logger = structlog.get_logger(__name__)

_BODILESS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Web:
    """Serves a WSGI application.

    A path that begins with a key of `reserved` has a pool of its own, so that it is answered however busy
    `threads` are. The longest key comes first.
    """

    application: WsgiApplication
    threads: Threads
    reserved: Mapping[str, Threads] = field(default_factory=dict)
    largest_body: int = 2_621_440
    body_seconds: float = 15.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._answer(scope, receive)
        except ClientGone:
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        try:
            body = await self._body(scope, receive)
            return await self._pool(scope["path"]).run(gateway.call, self.application, scope, body)
        except DomainError as error:
            logger.warning(error.code, path=scope["path"])
            return _refusal(error)
        except ClientGone:
            raise
        except Exception:
            # Django answers what views and middleware raise; this is what it could not even begin with.
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


def _refusal(error: DomainError) -> Answer:
    headers = dict(error.headers)
    if not isinstance(error, ServerBusy):
        # What is left of the request can't be told from the next one.
        headers["Connection"] = "close"
    return _envelope(
        error.message, code=error.code, details=error.details, status=error.status, headers=headers
    )


def _envelope(
    message: str, *, code: str, details: object, status: int, headers: Mapping[str, str] | None = None
) -> Answer:
    body = orjson.dumps(error_body(message, code=code, details=details, status=status))
    sent = {"Content-Type": "application/json", **(headers or {})}
    return Answer(status, [(name.encode(), value.encode()) for name, value in sent.items()], body)
