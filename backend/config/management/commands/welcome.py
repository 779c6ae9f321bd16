"""`manage.py welcome`: print what to try in this shop."""

import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from backend.api.commands import ShopCommand
from backend.config import welcome
from backend.config.supervision import Listen, default_port

TIMEOUT_SECONDS = 120.0
POLL_SECONDS = 0.2


class Command(ShopCommand):
    """Prints addresses and commands to paste into a shell."""

    help = "Print what to try in this shop, with tokens for the demo accounts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the address of the shop."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=default_port())
        parser.add_argument("--metrics-port", type=int, default=settings.METRICS_PORT)
        parser.add_argument("--wait", action="store_true", help="wait until the shop is ready")

    def handle(self, *_: Any, host: str, port: int, metrics_port: int, wait: bool, **__: Any) -> None:
        """Print the addresses and commands; with --wait, wait until the shop is ready."""
        address = f"http://{host}:{port}"
        operators = f"http://127.0.0.1:{Listen.of(host, port, metrics_port=metrics_port).metrics_port}"
        if wait:
            _wait_for(f"{address}/api/health/ready/")
        self.stdout.write(f"\n{settings.VITRINE_HOME} is served on {address}\n\n")
        for line in welcome.pages(address, operators=operators):
            self.stdout.write(f"  {line}")
        for example in welcome.lines(address, now=timezone.now()):
            self.stdout.write(f"\n# {example.about}\n{example.line}")
        self.stdout.write("")


def _wait_for(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            with opener.open(url, timeout=5):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                raise CommandError(f"{url} is not ready: {error}; see the logs") from error
        time.sleep(POLL_SECONDS)
