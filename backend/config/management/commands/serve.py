"""`manage.py serve`: run the shop's processes under a supervisor."""

import os
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from analytics_pipeline.settings import SUPERVISED, PipelineSettings
from backend.api.commands import CONFIGURATION, ShopCommand
from backend.config import migrations
from backend.config.supervision import (
    CannotServe,
    Group,
    Listen,
    default_port,
    groups,
    require_free,
    web,
    write_configuration,
)
from backend.operations.web_processes import FOLDER


class Command(ShopCommand):
    """Checks that the processes can start, then executes the supervisor."""

    help = "Run web, relay, ingest, worker, beat and the embedded services until Ctrl-C or SIGTERM."
    requires_system_checks = (CONFIGURATION,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the addresses and the number of web processes."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=default_port())
        parser.add_argument("--workers", type=int, default=settings.WEB_WORKERS, help="web processes")
        parser.add_argument("--metrics-host", default="127.0.0.1")
        parser.add_argument("--metrics-port", type=int, default=settings.METRICS_PORT)
        parser.add_argument(
            "--web-only", action="store_true", help="run only the web processes, and log to standard output"
        )
        parser.add_argument(
            "--share-port",
            action="store_true",
            help="start even if other web processes listen on the port (see docs/upgrading.md)",
        )

    def handle(self, *_: Any, web_only: bool, share_port: bool, **options: Any) -> None:
        """Check, write the supervisor's configuration, and execute the supervisor."""
        listen = Listen.of(
            options["host"],
            options["port"],
            workers=options["workers"],
            metrics_host=options["metrics_host"],
            metrics_port=options["metrics_port"],
        )
        try:
            migrations.require_applied()
            path = _web_only(listen) if web_only else _everything(listen, share_port=share_port)
        except CannotServe as error:
            raise CommandError(str(error)) from error
        if not web_only:
            self.stdout.write(f"Starting; logs are in {settings.VITRINE_HOME / 'logs'}; Ctrl-C stops all.")
        self.stdout.flush()
        supervisor = [sys.executable, "-m", "backend.config.supervisord", "-c", str(path)]
        # `execv` keeps the process id, by which the supervisor's children check whether it still runs.
        os.environ[SUPERVISED] = str(os.getpid())
        os.environ[FOLDER] = str(_empty(Path(os.environ.get(FOLDER) or path.parent / "metrics")))
        os.execv(sys.executable, supervisor)  # noqa: S606


def _everything(listen: Listen, *, share_port: bool) -> Path:
    pipeline = PipelineSettings.from_env()
    require_free(pipeline, listen=listen, share_port=share_port)
    home: Path = settings.VITRINE_HOME
    to_start = groups(pipeline, listen=listen)
    return write_configuration(home / "run", root=settings.BASE_DIR, to_start=to_start, logs=home / "logs")


def _web_only(listen: Listen) -> Path:
    # Containers may share a home, so each needs its own folder.
    folder = Path(tempfile.mkdtemp(prefix="vitrine-web-"))
    return write_configuration(folder, root=settings.BASE_DIR, to_start=[Group("web", web(listen))])


def _empty(folder: Path) -> Path:
    """Return the folder for the shared counters of web processes, after deleting old counters."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in folder.glob("*.db"):
        path.unlink()
    return folder
