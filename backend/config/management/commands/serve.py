"""`manage.py serve`: every process of the shop under one supervisor."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analytics_pipeline.settings import SUPERVISED, PipelineSettings
from backend.config.supervision import CannotServe, default_port, groups, require_free, write_configuration


class Command(BaseCommand):
    """Becomes the supervisor."""

    help = "Run web, relay, ingest, worker, beat and the embedded services until Ctrl-C or SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address to serve on."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=default_port())

    def handle(self, *_: Any, host: str, port: int, **__: Any) -> None:
        """Check what would stop the processes from starting, then become the supervisor."""
        pipeline = PipelineSettings.from_env()
        try:
            require_free(pipeline, host=host, port=port)
        except CannotServe as error:
            raise CommandError(str(error)) from error
        path = write_configuration(
            settings.VITRINE_HOME,
            root=settings.BASE_DIR,
            started=groups(pipeline, host=host, port=port),
        )
        self.stdout.write(f"Starting; logs are in {settings.VITRINE_HOME / 'logs'}; Ctrl-C stops everything.")
        self.stdout.flush()
        supervisor = [sys.executable, "-m", "supervisor.supervisord", "-c", str(path)]
        # Keeps this process's number, by which its children know whether it still lives.
        os.environ[SUPERVISED] = str(os.getpid())
        os.execv(sys.executable, supervisor)  # noqa: S606
