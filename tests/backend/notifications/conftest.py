"""A mail server, and a clock that a test sets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.backend.shop import NOW
from tests.services.smtp import MailServer, mail_server


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(autouse=True)
def without_inbox(settings: Any) -> None:
    """Most tests are about messages that are sent; those of the inbox switch it on."""
    settings.NOTIFICATIONS_OFF = frozenset({"inbox"})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.EMAIL_BACKEND = "backend.notifications.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 1
        settings.DEFAULT_FROM_EMAIL = "Vitrine <noreply@shop.example>"
        settings.PUBLIC_URL = "https://shop.example"
        settings.PRODUCT_PAGE_URL = "https://shop.example/p/{slug}-{id}"
        yield running
