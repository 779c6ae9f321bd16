"""Creates the web application with its limits."""

import re

from django.conf import settings
from django.urls import resolve

from analytics_pipeline import redis_client, warehouse
from analytics_pipeline.embedded import redis_url
from analytics_pipeline.settings import PipelineSettings
from backend.config.web.application import Web
from backend.config.web.large_bodies import LargeBodies
from backend.config.web.live import Live
from backend.config.web.refusals import Handler
from backend.config.web.threads import Threads
from backend.notifications.live.hub import Hub
from backend.notifications.live.sessions import ended_sessions

WAIT_SECONDS = 2.0
"""A request that has waited this long for a thread gets a 503."""
RUN_SECONDS = 25.0
"""The maximum time of a call. It is longer than the deadlines of the database and the engines together."""
QUEUE = 200
LIVE = "/api/health/live/"
IMAGE_UPLOADS = re.compile(
    r"/(api/products/[0-9]{1,19}/images|api/reviews/[0-9]{1,19}/pictures"
    r"|admin/catalog/product/[0-9]{1,19}/add-image)/"
)
IMAGE_UPLOADS_AT_ONCE = 8
FORM_BYTES = 65_536
"""The maximum size of a form without its file."""


def serving() -> Web:
    """Return the application with its thread pools; health endpoints have their own.

    Everything that the first requests would load is loaded here.
    """
    redis_client.load_client()
    warehouse.load_client()
    # Resolving a path imports every view.
    resolve(LIVE)
    handler = Handler()
    return Web(
        handler,
        refusing=handler,
        threads=_threads("web", threads=settings.WEB_THREADS),
        reserved={
            LIVE: _threads("live", threads=1),
            "/api/health/": _threads("ready", threads=2),
        },
        largest_body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        large_bodies=LargeBodies(
            IMAGE_UPLOADS, limit=settings.IMAGE_MAX_BYTES + FORM_BYTES, at_once=IMAGE_UPLOADS_AT_ONCE
        ),
        body_seconds=settings.WEB_BODY_SECONDS,
        live=_live(),
    )


def _live() -> Live:
    sessions = _threads("sessions", threads=1)
    pipeline = PipelineSettings.from_env()
    hub = Hub(
        lambda: redis_url(pipeline),
        ended=lambda session_ids: sessions.run(ended_sessions, session_ids),
        most=settings.LIVE_CONNECTIONS,
        most_of_client=settings.LIVE_CONNECTIONS_PER_CLIENT,
    )
    return Live(hub)


def _threads(name: str, *, threads: int) -> Threads:
    return Threads(name, threads=threads, queue=QUEUE, wait_seconds=WAIT_SECONDS, run_seconds=RUN_SECONDS)
