"""`manage.py serve_metrics`: serve metrics and health details to operators."""

import os
from argparse import ArgumentParser
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings

from backend.api.commands import ShopCommand
from backend.operations import health, web_processes
from backend.operations.exposition import pages


class Command(ShopCommand):
    """Serves the operators' pages until it is stopped."""

    help = "Serve /metrics (Prometheus) and /health (details) on a port that the public can't reach."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the address, which should be a loopback or private one."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.METRICS_PORT or 9_000)

    def handle(self, *_: Any, host: str, port: int, **__: Any) -> None:
        """Serve until stopped."""
        if web_processes.FOLDER in os.environ:
            health.register("web", web_processes.check, required=True)
        with make_server(host, port, pages, server_class=_Server, handler_class=_Handler) as server:
            server.serve_forever()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 16


class _Handler(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Don't log scrapes."""
