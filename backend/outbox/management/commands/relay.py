"""`manage.py relay`: delivers messages of the outbox to every subscriber until it is stopped."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from backend.api.commands import ShopCommand
from backend.outbox.relay import Relay


class Command(ShopCommand):
    """Runs the relay in the foreground."""

    help = "Deliver changes in the database to the search index and the warehouse until stopped."

    def handle(self, *_: Any, **__: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        Relay(import_string(settings.OUTBOX_SUBSCRIBERS)).run(stopping)
