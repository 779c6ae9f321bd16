"""The threads of a process that send deliveries.

A thread sends until nothing may be sent, and starts another one with each delivery that it claims, so that
there are as many threads as are needed, up to the limit.
"""

import threading

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from backend.webhooks.addresses import AddressPolicy
from backend.webhooks.client import Client
from backend.webhooks.sending import Sender, has_due, recover

logger = structlog.get_logger(__name__)


class Workers:
    """Threads that call a sender; they are not waited for when the process ends, since claims expire."""

    def __init__(self, sender: Sender) -> None:
        """Start no thread yet."""
        self._sender = sender
        self._lock = threading.Lock()
        self._running: set[threading.Thread] = set()

    def start(self) -> None:
        """Start a thread, unless there are enough."""
        with self._lock:
            if len(self._running) >= self._sender.threads:
                return
            thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
            self._running.add(thread)
            thread.start()

    def join(self) -> None:
        """Wait until all threads have ended."""
        while True:
            with self._lock:
                thread = next(iter(self._running), None)
            if thread is None:
                return
            thread.join()

    def _run(self) -> None:
        try:
            while (delivery := self._sender.claim()) is not None:
                self.start()
                self._sender.send(delivery)
        except Exception:
            # The claim expires, and the delivery is sent by another thread.
            logger.exception("webhook_thread_failed")
        finally:
            connection.close()
            with self._lock:
                self._running.discard(threading.current_thread())


_workers: Workers | None = None
_lock = threading.Lock()


def start_due() -> bool:
    """Start sending in threads of this process, if something is due; return whether it is."""
    global _workers  # noqa: PLW0603 - the threads of the process
    now = timezone.now()
    recover(now=now)
    if not has_due(now=now):
        return False
    with _lock:
        if _workers is None:
            client = Client(policy=AddressPolicy.from_settings())
            _workers = Workers(Sender(timezone.now, client, threads=settings.WEBHOOK_THREADS))
    _workers.start()
    return True
