"""`manage.py serve`: every process of the shop under one supervisor."""

import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analytics_pipeline import embedded
from analytics_pipeline.settings import Settings
from backend.config.supervision import groups, write_configuration


class Command(BaseCommand):
    """Becomes the supervisor."""

    help = "Run web, relay, ingest, worker, beat and the embedded services until Ctrl-C or SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address to serve on."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))

    def handle(self, *_: Any, host: str, port: int, **__: Any) -> None:
        """Check what would stop the processes from starting, then become the supervisor."""
        _require_free(host, port=port)
        pipeline = Settings.from_env()
        _require_not_served(pipeline)
        path = write_configuration(
            settings.VITRINE_HOME,
            root=settings.BASE_DIR,
            started=groups(pipeline, host=host, port=port),
        )
        self.stdout.write(f"Starting; logs are in {settings.VITRINE_HOME / 'logs'}; Ctrl-C stops everything.")
        self.stdout.flush()
        supervisor = [sys.executable, "-m", "supervisor.supervisord", "-c", str(path)]
        os.execv(sys.executable, supervisor)  # noqa: S606


def _require_free(host: str, *, port: int) -> None:
    try:
        with socket.create_server((host, port), reuse_port=False):
            pass
    except (OSError, OverflowError) as error:
        raise CommandError(
            f"can't serve on {host}:{port} ({error}); another port: PORT={port + 1}"
        ) from error


def _require_not_served(pipeline: Settings) -> None:
    for service in (embedded.VALKEY, embedded.WAREHOUSE):
        endpoint = embedded.endpoint(service, home=pipeline.home)
        if embedded.is_running(service, home=pipeline.home) and not endpoint.transient:
            raise CommandError(
                f"{pipeline.home} is being served already (its {service.name} is process {endpoint.pid}): "
                "stop that first, or name another folder in VITRINE_HOME"
            )
